"""Training the learned layer of the tagger from coded text."""

from chna_toolkit.training.train import Training, read_material, rejoined, train

__all__ = ["Training", "read_material", "rejoined", "train"]
