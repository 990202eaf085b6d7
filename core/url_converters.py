"""Converters for the addresses of all apps."""

from django.urls import register_converter
from django.urls.converters import IntConverter


class BigIntConverter(IntConverter):
    """The id of a row. `int` also takes numbers that no column can hold."""

    regex = "[0-9]{1,18}"  # what PostgreSQL's bigint always holds


register_converter(BigIntConverter, "bigint")
