"""A function's code, from its file to what its handler returned."""

import os
import sys
import types


class HandlerNotFound(Exception):
    """The entry has no function of the name that is called."""


def find_handler(path):
    module = types.ModuleType("function")
    module.__file__ = path
    # Under its own name, so that dataclasses, pickle and typing find the module that a class says it is of.
    sys.modules["function"] = module
    with open(path, "rb") as file:
        exec(compile(file.read(), path, "exec"), module.__dict__)
    handler = getattr(module, "handler", None)
    if not callable(handler):
        raise HandlerNotFound(f"{os.path.basename(path)} has no function `handler`. Write: def handler(event, context): …")
    return handler


def call(handler, event, context):
    result = handler(event, context)
    if hasattr(result, "__await__"):
        import asyncio

        async def wait():
            return await result

        return asyncio.run(wait())
    return result
