"""The command line as it may be kept: without what looks like a secret."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from pathlib import Path

MASK = "***"

_SECRET_WORDS = {
    *("apikey", "auth", "authorization", "bearer", "credential", "credentials", "key"),
    *("passphrase", "passwd", "password", "pat", "pwd", "secret", "secrets", "token"),
}
_SECRET_VALUES = re.compile(
    r"""
    (?:sk|pk|rk)[-_][A-Za-z0-9_-]{16,}        # OpenAI, Stripe and those who followed
    | (?:ghp|gho|ghu|ghs|ghr)_[A-Za-z0-9]{20,} | github_pat_\w{20,} | glpat-[\w-]{16,}
    | hf_[A-Za-z0-9]{16,}
    | (?:AKIA|ASIA)[A-Z0-9]{16}
    | xox[abeoprs]-[A-Za-z0-9-]{10,}
    | AIza[\w-]{30,}
    | eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*         # a JSON web token
    | (?<=://)[^/\s:@]+:[^/\s@]+(?=@)         # user:password in an address
    | (?<![\w/.-])(?=[\w+-]*\d)(?=[\w+-]*[A-Za-z])[A-Za-z0-9_+-]{32,}={0,2}(?![\w/.-])
    """,
    re.VERBOSE,
)
"""Forms that secrets have; the last line is any long word of letters and digits mixed."""

_ASSIGNMENT = re.compile(r"(?P<name>-{0,2}[A-Za-z][\w.\-]*)=(?P<value>.*)", re.DOTALL)


def command_text(arguments: Sequence[str]) -> str:
    """The command as a person would type it, the script without its folder, secrets masked.

    Masked are values whose name says so (`--api-key X`, `WANDB_TOKEN=X`, `password=X`) and values
    that have the form of a token, or of a password in an address.
    """
    script, *rest = arguments or [""]
    return shlex.join([Path(script).name, *_masked(rest)]).replace(f"'{MASK}'", MASK)


def masked_value(name: str, value: str) -> str:
    """The value of a setting, masked where its name or its form says that it is a secret."""
    return MASK if _is_secret_name(name) and value else _SECRET_VALUES.sub(MASK, value)


def _masked(arguments: Sequence[str]) -> list[str]:
    shown: list[str] = []
    secret_next = False
    for argument in arguments:
        assigned = _ASSIGNMENT.fullmatch(argument)
        if secret_next and not argument.startswith("--"):
            shown.append(MASK)
            secret_next = False
        elif assigned is not None:
            name, value = assigned["name"], assigned["value"]
            shown.append(f"{name}={masked_value(name, value)}")
            secret_next = False
        else:
            secret_next = argument.startswith("-") and _is_secret_name(argument)
            shown.append(_SECRET_VALUES.sub(MASK, argument))
    return shown


def _is_secret_name(name: str) -> bool:
    """Whether the last word is a secret's: `--hub-token` and `wandb.apiKey`, not `--token-dim`."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    words = [word for word in re.split(r"[^A-Za-z0-9]+", spaced.lower()) if word]
    return bool(words) and words[-1] in _SECRET_WORDS
