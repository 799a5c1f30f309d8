"""The site's own rules: a ``policy.yaml`` as oslo.policy reads it, instead of some of the defaults.

Read once, at start: a process keeps to what it began with. Where there is such a file, every question goes through oslo.policy,
since a rule may refer to others; where there is none, oslo.policy is not even imported.
"""

import difflib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from logic.access import Caller, implied
from logic.policy.rules import RULES, WORDS, Target

Decide = Callable[[str, Caller, Target], bool]


class PolicyError(Exception):
    """The policy cannot be used. ``problems`` has a line for each thing to correct."""

    def __init__(self, path: Path, problems: list[str]) -> None:
        self.problems = [f"{path}: {problem}" for problem in problems]
        super().__init__("\n".join(self.problems))


def read(path: Path) -> Decide:
    """How this file decides. Raises :class:`PolicyError` naming every rule that there is not, and what was probably meant."""
    from oslo_config import cfg  # noqa: PLC0415 - 0.15 s that sites without a policy do not need
    from oslo_policy import policy  # noqa: PLC0415

    given = checks_of(path)
    checks = {
        **{name: word.check for name, word in WORDS.items()},
        **{name: rule.check for name, rule in RULES.items()},
        **given,
    }
    conf = cfg.ConfigOpts()
    conf([], project="synnefo", default_config_files=[], default_config_dirs=[])
    enforcer = policy.Enforcer(conf, use_conf=False)
    parsed = policy.Rules.from_dict(checks)
    unreadable = [name for name in given if str(parsed[name]) == "!" and given[name].strip() != "!"]
    enforcer.set_rules(parsed, overwrite=True, use_conf=False)
    try:
        enforcer.check_rules(raise_on_violation=True)
    except policy.InvalidDefinitionError as error:
        raise PolicyError(path, [f"rules that are nowhere, or that go in a circle: {error}"]) from error
    if unreadable:
        raise PolicyError(path, [f"{name} has no check that can be read: {given[name]!r}" for name in unreadable])

    def decide(name: str, caller: Caller, target: Target) -> bool:
        return bool(enforcer.enforce(name, dict(target), credentials(caller)))

    return decide


def credentials(caller: Caller) -> dict[str, Any]:
    """A caller in the words of oslo.policy; ``scope`` is project, domain, system or none."""
    scope = "project" if caller.project else "domain" if caller.domain else "system" if caller.system else "none"
    return {
        "user_id": caller.user,
        "project_id": caller.project,
        "domain_id": caller.domain,
        "system_scope": "all" if caller.system else None,
        "roles": sorted(implied(caller.roles)),
        "is_admin": caller.is_admin,
        "scope": scope,
    }


def checks_of(path: Path) -> dict[str, str]:
    """What the file says, by rule. Raises :class:`PolicyError`."""
    from oslo_policy import policy  # noqa: PLC0415 - as above

    try:
        read: Any = policy.parse_file_contents(path.read_text())
    except OSError as error:
        raise PolicyError(path, [f"cannot be read: {error.strerror}"]) from error
    except ValueError as error:
        raise PolicyError(path, [f"is no YAML: {error}"]) from error
    if not isinstance(read, Mapping):
        raise PolicyError(path, ["is no table of names and checks"])
    problems = [_unknown(str(name)) for name in read if name not in RULES and name not in WORDS]
    problems += [f"{name} has a check that is no text" for name, check in read.items() if not isinstance(check, str)]
    if problems:
        raise PolicyError(path, problems)
    return {str(name): str(check) for name, check in read.items()}


def _unknown(name: str) -> str:
    meant = difflib.get_close_matches(name, [*RULES, *WORDS], n=1)
    return f"no rule is named {name}" + (f"; did you mean {meant[0]}?" if meant else "")
