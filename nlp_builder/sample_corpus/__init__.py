"""Sentences written for this project, in column files: see README.md beside this file."""
