"""Imports modules of its own that have the names of Python's: one that a zygote has loaded, and one that it has not."""

import base64
import calendar


def handler(event, context):
    return [base64.OWN, calendar.OWN]
