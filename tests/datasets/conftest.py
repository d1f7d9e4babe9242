"""The pictures and libraries that tests of datasets are made from."""

from tests.collect.fixtures import gather, paint, picture, reading

__all__ = ["gather", "paint", "picture", "reading"]
