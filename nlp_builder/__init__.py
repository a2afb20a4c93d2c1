"""Composable blocks that turn texts into Keras tensors, and the CRF that Keras lacks."""

__version__ = "0.1.0"
