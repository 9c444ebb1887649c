"""What each source of randomness gives first."""

import os
import random
import secrets
import ssl
import tempfile
import uuid


def handler(event, context):
    drawn = {
        "random.random": random.random(),
        "random.getrandbits": random.getrandbits(64),
        "random.Random": random.Random().random(),
        "os.urandom": os.urandom(16).hex(),
        "secrets.token_hex": secrets.token_hex(16),
        "uuid.uuid1": uuid.uuid1(),
        "uuid.uuid4": uuid.uuid4(),
        "ssl.RAND_bytes": ssl.RAND_bytes(16).hex(),
        "tempfile.mkdtemp": tempfile.mkdtemp(),
        "tempfile.mktemp": tempfile.mktemp(),
    }
    return {source: str(value) for source, value in drawn.items()}
