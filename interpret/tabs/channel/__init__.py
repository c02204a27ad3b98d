"""The channel dossier, which the Feature maps and the Kernels tab both show."""
