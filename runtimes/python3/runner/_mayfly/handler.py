"""A function's code, from its file to what its handler returned."""

import os
import sys
import types


# Modules that are there although nobody has asked for them, by name. A boot has none; a zygote says which.
preloaded = set()


class HandlerNotFound(Exception):
    """The entry has no function of the name that is called."""


def forget_namesakes(folders):
    """A module of the function's own goes before Python's of the same name, where that was not needed to get here."""
    for folder in folders if preloaded else ():
        for name in preloaded.intersection(entry.partition(".")[0] for entry in os.listdir(folder)):
            for module in [one for one in sys.modules if one == name or one.startswith(f"{name}.")]:
                del sys.modules[module]


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
