"""How a release is made: data, augmentation, the Lightning module, evaluation and the report."""
