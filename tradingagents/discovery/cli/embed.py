"""Copy this module into a host project's ``tradingagents`` package, and keep that copy up to date.

::

    embedding = Embedding.into(Path("~/TradingAgents").expanduser())
    embedding.write()                      # the number of files written, 0 when up to date
    embedding.compare().changed            # files that the host has changed since

Two places are written: ``discovery/`` and ``graph/discovery_graph.py``. A manifest inside ``discovery/``
holds the digest of each file as it was embedded, which distinguishes a file of an earlier version from one
that the host has changed. Files that the host added to ``discovery/`` are left alone. Not thread-safe.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path, PurePosixPath

from tradingagents.discovery._version import __version__
from tradingagents.discovery.model.errors import ConfigError, DiscoveryError

__all__ = ["DEFAULTS_LINE", "Differences", "EmbedError", "Embedding", "requirements"]

DEFAULTS_LINE = "from tradingagents.discovery import DEFAULT_CONFIG as _d; DEFAULT_CONFIG.update(_d)"
"""What a host may add to its ``default_config.py`` so that its users see the discovery settings there."""

_DISTRIBUTION = "tradingagents-discovery"
_WRAPPER = "graph/discovery_graph.py"
_MANIFEST = "discovery/embedded.json"
_LONGEST_PATH = 200  # characters; none of this module's is half as long


class EmbedError(DiscoveryError):
    """The copy cannot be written without losing something of the host's."""


@dataclass(frozen=True)
class Differences:
    """How a host's copy differs from this version; paths are relative to its ``tradingagents`` folder."""

    missing: list[str]
    """Files of this version that the host does not have."""
    outdated: list[str]
    """Files as an earlier version embedded them."""
    removed: list[str]
    """Files that an earlier version embedded and this one does not have."""
    changed: list[str]
    """Files that were changed in the host, or that it had before."""

    def lines(self) -> Iterator[tuple[str, str]]:
        """Yield ``(kind, path)`` of every difference."""
        for field in fields(self):
            for path in getattr(self, field.name):
                yield field.name, path

    def __bool__(self) -> bool:
        return any(True for _ in self.lines())


class Embedding:
    """The copy of this module in one host's ``tradingagents`` folder, ``package``."""

    def __init__(self, package: Path) -> None:
        self.package = package
        self._source = Path(__file__).parents[2]

    @classmethod
    def into(cls, host: Path) -> Embedding:
        """Return the embedding for ``host``, the folder that holds ``tradingagents/``.

        Raises :class:`ConfigError` when there is no such package, or it is the one this code runs from.
        """
        package = host / "tradingagents"
        if not package.is_dir():
            hint = f"; did you mean {host.parent}?" if host.name == "tradingagents" else ""
            raise ConfigError(f"{host} holds no folder tradingagents{hint}")
        made = cls(package.resolve())
        source = (made._source / "discovery").resolve()
        if (made.package / "discovery").resolve() == source or made.package.is_relative_to(source):
            raise ConfigError(f"{package} is the package that this command runs from; name another project")
        return made

    def compare(self) -> Differences:
        """Return how the host's files differ from this version. Raises ``OSError`` for an unreadable one."""
        ours, embedded = self._digests(), self._manifest()
        self._check_inside({*ours, *embedded, _MANIFEST})
        found = Differences([], [], [], [])
        for path in sorted({*ours, *embedded}):
            current = _digest(self.package / path)
            if current == ours.get(path):
                continue  # the same, or gone from both
            if current is None:
                found.missing.append(path)
            elif current != embedded.get(path):
                found.changed.append(path)
            elif path in ours:
                found.outdated.append(path)
            else:
                found.removed.append(path)
        return found

    def write(self, *, update: bool = False) -> int:
        """Bring the host's copy to this version; return how many files were written or deleted.

        Raises :class:`EmbedError`, having written nothing, when the host changed a file, or when it holds an
        earlier version and ``update`` is not set.
        """
        found = self.compare()
        if found.changed:
            shown = ", ".join(found.changed[:5]) + (" ..." if len(found.changed) > 5 else "")
            raise EmbedError(
                f"{self.package} has its own version of {shown}; restore or delete "
                f"{'it' if len(found.changed) == 1 else 'them'}, and run the command again"
            )
        count = sum(1 for _ in found.lines())
        if count and not update and (self.package / "discovery").exists():
            raise EmbedError(f"{self.package} holds another version ({count} files differ); use --update")
        for path in (*found.missing, *found.outdated):
            _copy(self._source / path, self.package / path)
        for path in found.removed:
            (self.package / path).unlink()
        if count or self._manifest() != self._digests():  # copied by hand, or cut short before the manifest
            manifest = {"distribution": _DISTRIBUTION, "version": __version__, "files": self._digests()}
            _replace(self.package / _MANIFEST, (json.dumps(manifest, indent=1) + "\n").encode())
        return count

    def _digests(self) -> dict[str, str]:
        """Return the digest of each file of this version."""
        files = [
            path
            for path in (self._source / "discovery").rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        ]
        names = [path.relative_to(self._source).as_posix() for path in (*files, self._source / _WRAPPER)]
        return {name: _digest(self._source / name) or "" for name in sorted(names) if name != _MANIFEST}

    def _manifest(self) -> Mapping[str, str]:
        """Return the digests as embedded earlier; none when nothing was embedded by this command."""
        file = self.package / _MANIFEST
        try:
            files = json.loads(file.read_text(encoding="utf-8"))["files"]
            if not isinstance(files, dict) or not all(isinstance(digest, str) for digest in files.values()):
                raise TypeError("files is not a map of paths to digests")
        except (FileNotFoundError, NotADirectoryError):
            return {}
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise EmbedError(f"{file} cannot be read: {error!r}; delete it") from None
        for path in files:
            if not _is_ours(path):
                raise EmbedError(f"{file} names {path!r}, which is no file of this module; delete it")
        return files

    def _check_inside(self, paths: Iterable[str]) -> None:
        """Raise :class:`EmbedError` for a folder that is a file, or a link out of the host's package."""
        for folder in sorted({(self.package / path).parent for path in paths}):
            if folder.exists() and not folder.is_dir():
                raise EmbedError(f"{folder} is a file where a folder is needed; move it away")
            if not folder.resolve().is_relative_to(self.package):
                where = f"{folder.resolve()}, outside of {self.package}"
                raise EmbedError(f"{folder} is a link to {where}: nothing is written; replace it by a folder")


def requirements() -> list[str]:
    """Return the packages that this module needs, as lines for a host's dependencies; sorted.

    None are known where this code runs from a copy without a distribution.
    """
    try:
        lines = importlib.metadata.requires(_DISTRIBUTION) or []
    except importlib.metadata.PackageNotFoundError:
        return []
    return sorted(line for line in lines if "extra ==" not in line)


def _is_ours(path: str) -> bool:
    """Return whether ``path``, of a manifest, is one that embedding may have written."""
    parts = PurePosixPath(path).parts
    inside = len(parts) > 1 and parts[0] == "discovery" and ".." not in parts and "\\" not in path
    printable = all(character.isprintable() for character in path)  # no NUL, no lone surrogate
    return path == _WRAPPER or (inside and printable and len(path) <= _LONGEST_PATH)


def _digest(path: Path) -> str | None:
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    # Git may have checked the host's copy out with the line ends of Windows.
    return hashlib.sha256(content.replace(b"\r\n", b"\n")).hexdigest()


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    _replace(target, source.read_bytes())


def _replace(target: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as file:
        file.write(content)
    try:
        shutil.copymode(__file__, file.name)  # a temporary file is readable by its owner only
        Path(file.name).replace(target)
    except OSError:
        Path(file.name).unlink(missing_ok=True)
        raise
