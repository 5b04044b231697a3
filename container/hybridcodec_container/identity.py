"""What binds chunks to their picture: identities, digests, and the hash by which a header commits to its parts.

A digest has two stages so that one hash of a payload serves to try it against thousands of identities.
"""

import hashlib
from collections.abc import Iterable

from hybridcodec_container.layout import DIGEST_BYTES, HEAD, IDENTITY_BYTES

PARTS_HASH_BYTES = HEAD.size - HEAD.offsets[-1]
NO_PARTS_HASH = bytes(PARTS_HASH_BYTES)


def identity_of(head: bytes) -> bytes:
    """Return the identity of the picture whose HEAD chunk has the payload `head`: 16 bytes."""
    return hashlib.sha256(head).digest()[:IDENTITY_BYTES]


def inner_hash(body: bytes | memoryview) -> bytes:
    """Return the first stage of a digest: SHA-256 over chunk header and payload."""
    return hashlib.sha256(body).digest()


def digest_of(inner: bytes, identity: bytes) -> bytes:
    """Return the digest of a chunk from its first stage and the identity of the picture that it belongs to: 8 bytes."""
    return hashlib.sha256(identity + inner).digest()[:DIGEST_BYTES]


def hash_parts(bodies: Iterable[bytes]) -> bytes:
    """Return what HEAD holds of the other critical chunks of its picture.

    Args:
        bodies: chunk headers with payloads of PLTE, TONE, BLYR, dlyr and RLYR, those that are there, in this order.
    """
    digest = hashlib.sha256()
    for body in bodies:
        digest.update(body)
    return digest.digest()[:PARTS_HASH_BYTES]
