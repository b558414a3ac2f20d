"""Job arguments on a command line: what is no option of the command belongs to the job."""

from __future__ import annotations

import click

__all__ = ["JobCommand", "refuse_strays"]

_STRAYS = "cascade2spark.strays"


class JobCommand(click.Command):
    """A command that takes the options it does not know for the job's own.

    So that ``run my.jobs.Count --local --input a`` needs no ``--``. Behind one all is the job's.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        own, words, strays = self._parted(args)
        ctx.meta[_STRAYS] = strays
        return super().parse_args(ctx, [*own, "--", *words])

    def _parted(self, args: list[str]) -> tuple[list[str], list[str], list[str]]:
        """Return the command's own options, the other words, and those that look like options."""
        options = {
            name: option
            for option in self.params
            if isinstance(option, click.Option)
            for name in (*option.opts, *option.secondary_opts)
        }
        own: list[str] = []
        words: list[str] = []
        strays: list[str] = []
        waiting = list(args)
        while waiting:
            word = waiting.pop(0)
            if word == "--":
                words += waiting
                break
            name, has_value, _ = word.partition("=")
            option = options.get(name)
            if option is not None or word in ("-h", "--help"):
                own.append(word)
                if option is not None and not (has_value or option.is_flag) and waiting:
                    own.append(waiting.pop(0))
                continue
            if word.startswith("-") and len(word) > 1:
                strays.append(name)
            words.append(word)
        return own, words, strays


def refuse_strays(ctx: click.Context) -> None:
    """Refuse options that the command does not know, where they cannot be the job's.

    Raises:
        click.NoSuchOption: there is one.
    """
    for stray in ctx.meta.get(_STRAYS, ()):
        raise click.NoSuchOption(stray, ctx=ctx)
