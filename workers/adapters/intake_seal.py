"""Sealed intake: submissions that only we can open, as a compact JWE.

One shape is accepted: ECDH-ES+A256KW and A256GCM to a P-256 key of ours that the header names by
`kid`. Whatever else a token asks for is refused before a key is touched: no other algorithm, and no
`zip`, whose output no cap on the input bounds.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any, Final, Self

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from joserfc.util import json_b64decode

from schemas.base import MAX_BODY
from schemas.errors import KeyFolderError, NotAllowed, NotFound, Reason, Refused
from workers.adapters.vault.files import (
    DRAFTS,
    create_file,
    make_folder,
    only_one,
    read_file,
    remove_files,
)

_ALG: Final = "ECDH-ES+A256KW"
_ENC: Final = "A256GCM"
_CURVE: Final = "P-256"
_HEADER_NAMES: Final = frozenset({"alg", "enc", "kid", "epk", "apu", "apv", "typ", "cty"})
_MAX_HEADER: Final = 1024
_MAX_CIPHERTEXT: Final = -(-MAX_BODY * 4 // 3)
MAX_TOKEN: Final = _MAX_CIPHERTEXT + 2048
"""Bytes of a token that are looked at: those of the largest body, in base64, and its header."""


class _OneShape(jwe.JWERegistry):
    max_protected_header_length = _MAX_HEADER
    max_ciphertext_length = _MAX_CIPHERTEXT


_REGISTRY: Final = _OneShape(algorithms=[_ALG, _ENC])


class IntakeKeys:
    """The private keys of the intake, each in `<kid>.json`; two may overlap while channels move."""

    def __init__(self, keys: list[ECKey], folder: Path | None = None) -> None:
        self._keys = {str(key.kid): key for key in keys}
        self._folder = folder

    @classmethod
    def create(cls, folder: Path) -> Self:
        """Make the first key if there is none, then open the folder."""
        make_folder(folder)
        if not _files(folder):
            cls.add(folder)
        return cls.open(folder)

    @staticmethod
    def changing(folder: Path) -> AbstractContextManager[None]:
        """Refuses another change meanwhile."""
        return only_one(folder / ".changing", "a change of the intake keys")

    @classmethod
    def roll(cls, folder: Path) -> str:
        """Make the next key and give its id; refused while two overlap already."""
        with cls.changing(folder):
            kids = cls.open(folder).kids
            if len(kids) > 1:
                raise NotAllowed(
                    f"two intake keys overlap already: retire {kids[-1]} first, once nothing is"
                    " sealed to it any more"
                )
            return cls.add(folder)

    @classmethod
    def retire(cls, folder: Path, kid: str) -> None:
        """Destroy a key that a newer one has replaced; running workers open nothing with it."""
        with cls.changing(folder):
            kids = cls.open(folder).kids
            if kid not in kids:
                raise NotFound(f"no intake key {kid}; see `dsr keys intake-public`")
            if kid == kids[0]:
                raise NotAllowed(
                    f"{kid} is the newest intake key, the one that channels seal to: make the next"
                    " with `dsr keys intake-add`, and give it to them, before you retire this one"
                )
            # What a crash left of a key that was just being made may be a second name of this one.
            remove_files(folder, [*folder.glob(DRAFTS), folder / f"{kid}.json"])

    @staticmethod
    def add(folder: Path) -> str:
        """Make one more key and give its id; workers find it when a channel first seals to it."""
        key = ECKey.generate_key(_CURVE)
        kid = key.thumbprint()
        stored = {"created_at": time.time(), "jwk": key.as_dict(private=True, kid=kid)}
        create_file(folder / f"{kid}.json", json.dumps(stored, indent=2).encode() + b"\n")
        return kid

    @classmethod
    def open(cls, folder: Path) -> Self:
        """All keys of the folder; `KeyFolderError` if there is none or one is damaged."""
        loaded = sorted(map(_load, _files(folder)), key=lambda pair: pair[0], reverse=True)
        if not loaded:
            raise KeyFolderError(
                f"{folder} holds no intake key: run `dsr init`, or set DSR_KEYS to the folder"
                " that has one."
            )
        return cls([key for _, key in loaded], folder)

    @property
    def kids(self) -> list[str]:
        """Their ids, the newest first."""
        return list(self._keys)

    def public_jwks(self) -> dict[str, list[dict[str, Any]]]:
        """The JWK Set for channels, the newest key first: the one to seal to."""
        return {
            "keys": [
                dict(key.as_dict(private=False, use="enc", alg=_ALG)) for key in self._keys.values()
            ]
        }

    def unseal(self, token: bytes) -> bytes:
        """What was sealed to us, or `Refused` with the reason as a code."""
        header = _header(token)
        key = self._standing(header["kid"])
        if key is None:
            raise Refused(Reason("$", "unknown_intake_key"))
        try:
            return jwe.decrypt_compact(token, key, registry=_REGISTRY).plaintext or b""
        except (JoseError, ValueError, TypeError, KeyError):
            raise Refused(Reason("$", "seal_broken")) from None

    def _standing(self, kid: str) -> ECKey | None:
        """The key, also one that was made after this process started; not one that was retired.

        What a token says is never taken for a path. A folder without any key is one that is away
        just now, and retires none.
        """
        if self._folder is None:
            return self._keys.get(kid)
        if kid in self._keys and (self._folder / f"{kid}.json").exists():
            return self._keys[kid]
        files = {file.stem: file for file in _files(self._folder)}
        if kid in files:
            self._keys = {kid: _load(files[kid])[1], **self._keys}
        elif files:
            self._keys.pop(kid, None)
        return self._keys.get(kid)


def public_keys(file: Path) -> list[dict[str, Any]]:
    """The keys of a JWK Set, as `dsr keys intake-public` prints it: what a channel is given."""
    try:
        keys = json.loads(read_file(file))["keys"]
        return [ECKey.import_key(key).as_dict(private=False) for key in keys]
    except (JoseError, ValueError, TypeError, KeyError):
        raise KeyFolderError(
            f"{file} holds no public keys: write what `dsr keys intake-public` prints there."
        ) from None


def seal(plain: bytes, public_jwk: Mapping[str, Any]) -> bytes:
    """Seal a body to one of the public keys, as a channel does."""
    return sealer(public_jwk)(plain)


def sealer(public_jwk: Mapping[str, Any]) -> Callable[[bytes], bytes]:
    """The same for many bodies: the key is read once."""
    key = ECKey.import_key(dict(public_jwk))
    if key.curve_name != _CURVE or not key.kid:
        raise ValueError("an intake key is a P-256 key with a kid")
    header = {"alg": _ALG, "enc": _ENC, "kid": key.kid}

    def seal_one(plain: bytes) -> bytes:
        return jwe.encrypt_compact(header, plain, key, registry=_REGISTRY).encode()

    return seal_one


class NewestSealer:
    """Seals to the newest key of a place, and looks again once something has changed there."""

    def __init__(self, place: Path, newest: Callable[[], Mapping[str, Any]]) -> None:
        """`place` is the folder or file that `newest` reads."""
        self._place = place
        self._newest = newest
        self._read_at = _changed_at(place)
        self._seal = sealer(newest())

    def __call__(self, plain: bytes) -> bytes:
        """Sealed; with the key known until now where the newer one cannot be read."""
        if (changed := _changed_at(self._place)) != self._read_at:
            with suppress(KeyFolderError):
                self._seal = sealer(self._newest())
                self._read_at = changed
        return self._seal(plain)


def _changed_at(place: Path) -> int | None:
    try:
        return place.stat().st_mtime_ns
    except OSError:
        return None


def _header(token: bytes) -> dict[str, Any]:
    """The protected header of a token of the one accepted shape, before anything is decrypted."""
    if len(token) > MAX_TOKEN:
        raise Refused(Reason("$", "too_large"))
    parts = token.split(b".", 5)
    if len(parts) != 5 or len(parts[0]) > _MAX_HEADER:
        raise Refused(Reason("$", "not_a_compact_jwe"))
    if len(parts[3]) > _MAX_CIPHERTEXT:
        raise Refused(Reason("$", "too_large"))
    try:
        header = json_b64decode(parts[0])
    except (ValueError, RecursionError):
        raise Refused(Reason("$", "not_a_compact_jwe")) from None
    if not isinstance(header, dict):
        raise Refused(Reason("$", "not_a_compact_jwe"))
    if header.get("alg") != _ALG or header.get("enc") != _ENC or header.keys() - _HEADER_NAMES:
        raise Refused(Reason("$", "jwe_header_refused"))
    if not isinstance(header.get("kid"), str):
        raise Refused(Reason("$", "unknown_intake_key"))
    return header


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.json"))


def _load(file: Path) -> tuple[float, ECKey]:
    try:
        stored = json.loads(read_file(file))
        created_at, key = float(stored["created_at"]), ECKey.import_key(stored["jwk"])
    except (JoseError, ValueError, TypeError, KeyError, RecursionError):
        raise _damaged(file) from None
    ours = key.is_private and key.curve_name == _CURVE
    if not ours or not key.kid == key.thumbprint() == file.stem:
        raise _damaged(file)
    return created_at, key


def _damaged(file: Path) -> KeyFolderError:
    return KeyFolderError(f"{file} is damaged: restore the folder from its backup.")
