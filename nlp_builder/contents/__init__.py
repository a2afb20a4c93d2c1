"""What a file holds, read without Keras and without making anything of it."""

from nlp_builder.contents.listing import inspect

__all__ = ["inspect"]
