"""One value of each source of randomness: two copies of one zygote that draw the same were not seeded anew."""

import os
import random
import secrets
import ssl
import tempfile
import uuid


def draw():
    return {
        "random": str(random.random()),
        "ownRandom": str(random.Random().random()),
        "urandom": os.urandom(16).hex(),
        "secrets": secrets.token_hex(16),
        "uuid": str(uuid.uuid4()),
        "timeUuid": str(uuid.uuid1()),
        "openssl": ssl.RAND_bytes(16).hex(),
        "temporaryName": next(tempfile._get_candidate_names()),
    }
