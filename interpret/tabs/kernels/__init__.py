"""The Kernels tab: what each convolution has learnt."""
