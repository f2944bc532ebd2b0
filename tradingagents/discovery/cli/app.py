"""The command and its verbs.

Results go to standard output, everything else to standard error. Exit codes: 0 done; 1 what was to be done
could not be, or ``--check`` found differences; 2 wrong usage.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tradingagents.discovery._version import __version__
from tradingagents.discovery.cli.embed import DEFAULTS_LINE, Embedding, requirements
from tradingagents.discovery.model.errors import ConfigError, DiscoveryError

__all__ = ["app", "main"]

app = typer.Typer(
    name="tradingagents-discovery",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> None:
    """Run the command line; the entry point of the console script."""
    app(prog_name="tradingagents-discovery")


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Find the tickers that deserve a closer look today."""


@app.command()
def embed(
    host: Annotated[
        Path, typer.Argument(metavar="HOST", help="The folder that holds the host's tradingagents/ package.")
    ],
    check: Annotated[
        bool,
        typer.Option("--check", help="Write nothing; exit 1 if a file differs from this version."),
    ] = False,
    update: Annotated[
        bool,
        typer.Option("--update", help="Replace an earlier version; refused if the host changed a file."),
    ] = False,
) -> None:
    """Copy the discovery module into another project's tradingagents package.

    Writes HOST/tradingagents/discovery/ and HOST/tradingagents/graph/discovery_graph.py and no other file.
    """
    if check and update:
        raise typer.BadParameter("--check writes nothing and --update writes: give one of them")
    try:
        embedding = Embedding.into(host)
        if check:
            _report_differences(embedding)
        else:
            _embed(embedding, update=update)
    except ConfigError as error:
        raise typer.BadParameter(str(error)) from None
    except (DiscoveryError, OSError) as error:
        typer.echo(f"not embedded: {error}", err=True)
        raise typer.Exit(1) from None


def _report_differences(embedding: Embedding) -> None:
    differences = embedding.compare()
    for kind, path in differences.lines():
        typer.echo(f"{kind}: {path}")
    if differences:
        raise typer.Exit(1)
    typer.echo(f"up to date: {embedding.package} holds version {__version__}")


def _embed(embedding: Embedding, *, update: bool) -> None:
    written = embedding.write(update=update)
    if not written:
        typer.echo(f"up to date: {embedding.package} holds version {__version__}")
        return
    typer.echo(f"embedded version {__version__} into {embedding.package}: {written} files written")
    if needed := requirements():
        typer.echo("The host's dependencies must include:")
        for line in needed:
            typer.echo(f"    {line}")
    typer.echo("Optional: add this line to the host's default_config.py, below its DEFAULT_CONFIG:")
    typer.echo(f"    {DEFAULTS_LINE}")
