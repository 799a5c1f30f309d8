"""The rules of the house that no ready-made tool knows: each is a function from a module to what offends in it.

``test_house_rules`` runs them over the tree, and each on an offender of its own. Layers are import-linter's (contracts in
pyproject.toml), style is ruff's. A rule reads the syntax tree and imports nothing.
"""

import ast
import re
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parents[2]
TREES: Final = ("logic", "ganeti", "synnefo", "contrib", "docs")
MOST_LINES: Final = 500
LAYERED: Final = frozenset({"commands", "queries", "models", "reactions", "states"})

BANNED: Final = {
    "datetime.datetime.now": "ask logic.clock",
    "datetime.datetime.utcnow": "ask logic.clock",
    "datetime.datetime.today": "ask logic.clock",
    "datetime.date.today": "ask logic.clock",
    "django.utils.timezone.now": "ask logic.clock",
    "time.time": "ask logic.clock",
    "time.time_ns": "ask logic.clock",
    "time.monotonic": "ask logic.clock",
    "time.monotonic_ns": "ask logic.clock",
    "uuid.uuid1": "ask logic.clock",
    "uuid.uuid4": "ask logic.clock",
    "os.urandom": "ask logic.clock",
    "random": "ask logic.clock",
    "secrets": "ask logic.clock",
    "threading": "use logic.offload",
    "multiprocessing": "use logic.offload",
    "concurrent.futures": "use logic.offload",
    "asyncio.to_thread": "use logic.offload",
    "asgiref.sync": "use logic.offload",
}
RUNS_WHAT_IT_READS: Final = {  # tests and what belongs to them read what they have made themselves
    "xml": "no XML is read: entities open files and fill memory",
    "lxml": "no XML is read: entities open files and fill memory",
    "pickle": "a pickle runs what it says",
    "marshal": "not made for what comes from elsewhere",
    "shelve": "pickles inside",
    "yaml": "JSON is enough",
    "os.system": "no shell: give a list to subprocess",
    "os.popen": "no shell: give a list to subprocess",
    "eval": "data is not code",
    "exec": "data is not code",
    "shell": "no shell: give a list to subprocess",
}
EXCUSED: Final = {
    ("logic/configuration/files.py", "exec"): "settings are Python by design, and an operator's",
    ("logic/clock.py", "random"): "it is the source",
    ("logic/clock.py", "secrets"): "it is the source",
    ("logic/clock.py", "time.monotonic"): "it is the source",
    ("logic/clock.py", "uuid.uuid4"): "it is the source",
    ("logic/clock.py", "datetime.datetime.now"): "it is the source",
    ("logic/offload.py", "concurrent.futures"): "it is the seam",
    ("synnefo/simulation/", "random"): "it is the source of a simulated run",
    ("synnefo/chaos/", "random"): "it is the source of a seeded run",
    **{
        ("synnefo/bench/celery_peer.py", column): "the peer of the ledger, in a database of its own"
        for column in ("observed", "fence_job", "fence_op")
    },
    ("ganeti/hook.py", "time.time_ns"): "it runs on masters with the standard library alone",
    (
        "contrib/ganeti-hooks/snf_node/leases/serving.py",
        "time.monotonic",
    ): "it runs on nodes with the standard library alone",
    **{
        ("ganeti/osprovider/progress.py", f"time.{name}"): "it runs on nodes with the standard library alone"
        for name in ("time", "time_ns", "monotonic")
    },
    ("ganeti/simulator/simulator.py", "threading"): "a lock; its callers' threads are the offload's",
    ("logic/decoding.py", "threading"): "a lock, for msgspec makes no decoder beside another",
    ("ganeti/guestagent.py", "time.monotonic"): "a node has the standard library alone",
    ("ganeti/guestagent.py", "secrets"): "a node has the standard library alone",
    ("contrib/ganeti-hooks/snf_node/wanted/", "time.monotonic"): "a node has the standard library alone",
    ("contrib/ganeti-hooks/snf_node/wanted/", "time.time"): "a node has the standard library alone",
    ("contrib/ganeti-hooks/snf_node/routers/", "time.monotonic"): "a node has the standard library alone",
}
STATE_COLUMNS: Final = frozenset(
    ["observed", "mode", "fault", "fault_code", "command", "verb", "fence_job", "fence_op", "missing"]
)  # the incarnation is not here: backends have one too
NO_FACADES: Final = ("synnefo/api/kernel/", "synnefo/api/testing/")
WRITERS: Final = frozenset({"update", "bulk_update", "update_or_create", "save", "setattr"})


class Module(NamedTuple):
    """A file of the tree; ``path`` is relative to its root, with slashes."""

    path: str
    text: str

    @property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.path)


class Offence(NamedTuple):
    """``rule`` and ``name`` tell exceptions apart; prints as a line an editor can jump to."""

    path: str
    line: int
    name: str
    advice: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.name}: {self.advice}"


Rule = Callable[[Module], Iterator[Offence]]


def modules(*, tests: bool) -> list[Module]:
    """Every module of ours but migrations; with or without those under ``tests``."""
    paths = [path for tree in TREES for path in sorted((ROOT / tree).rglob("*.py"))]
    paths += [ROOT / "manage.py", ROOT / "setup.py"]
    relative = [path.relative_to(ROOT) for path in paths]
    wanted = [path for path in relative if "migrations" not in path.parts and (tests or "tests" not in path.parts)]
    return [Module(path.as_posix(), (ROOT / path).read_text()) for path in wanted]


def no_time_chance_or_threads(module: Module) -> Iterator[Offence]:
    """Time, identifiers and chance come from ``logic.clock``, threads from ``logic.offload``: a simulated run has one
    seed and no other source."""
    for line, name in _names(module.tree):
        banned = next((one for one in BANNED if name == one or name.startswith(f"{one}.")), None)
        if banned:
            yield Offence(module.path, line, banned, BANNED[banned])
        elif name.endswith(".run_in_executor") and module.path != "logic/offload.py":
            yield Offence(module.path, line, "run_in_executor", "use logic.offload")


def states_are_written_by_the_ledger(module: Module) -> Iterator[Offence]:
    """The columns that make a resource's state have one writer."""
    if module.path.startswith(("logic/ledger/", "ganeti/")):
        return
    advice = "only logic.ledger writes a state"
    for node in ast.walk(module.tree):
        for column in _written(node):
            yield Offence(module.path, node.lineno, column, advice)


def modules_open_with_a_docstring(module: Module) -> Iterator[Offence]:
    """What lives here, who calls it, what is elsewhere. Empty files need none."""
    if module.text.strip() and not ast.get_docstring(module.tree):
        yield Offence(module.path, 1, "no docstring", "say what lives here, who calls it and what is elsewhere")


def files_are_short(module: Module) -> Iterator[Offence]:
    """A long file is several ideas."""
    if (lines := module.text.count("\n")) > MOST_LINES:
        yield Offence(module.path, lines, f"{lines} lines", f"split it: at most {MOST_LINES}")


def facades_know_no_tables(module: Module) -> Iterator[Offence]:
    """A view decodes, calls ``commands`` or ``queries``, and renders."""
    if not module.path.startswith("synnefo/api/") or module.path.startswith(NO_FACADES):
        return
    for line, name in _imported(module.tree):
        if name.startswith("django.db") or "models" in name.split("."):
            yield Offence(module.path, line, name, "call commands or queries")


def excused(offence: Offence) -> tuple[str, str] | None:
    """The entry of ``EXCUSED`` that allows it."""
    found = (key for key in EXCUSED if offence.path.startswith(key[0]) and offence.name == key[1])
    return next(found, None)


def inside(folder: str) -> set[str]:
    """Names of the modules and packages in a folder, without tests; none when it is no folder."""
    stems = {path.stem for path in (ROOT / folder).glob("*.py")}
    stems |= {path.parent.name for path in (ROOT / folder).glob("*/__init__.py")}
    return stems - {"__init__", "tests", "conftest"}


def rooms() -> set[str]:
    """What has to have a layer: each module of ``logic``, and in an app those with a meaning in the house."""
    found: set[str] = set()
    for name in inside("logic"):
        modules_of = inside(f"logic/{name}")
        inner = LAYERED & modules_of if "apps" in modules_of and name != "ledger" else set()
        found |= {f"logic.{name}.{room}" for room in inner} or {f"logic.{name}"}
    return found


def contracts(kind: str) -> set[str]:
    """The modules that the import contracts of this kind name."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    return {name for one in settings["contracts"] if one["type"] == kind for name in re.findall(r"[\w.]+", str(one))}


def nothing_read_is_run(module: Module) -> Iterator[Offence]:
    """What comes from outside is data: it is not run, given to a shell, or read by what could be made to open files."""
    if module.path.startswith("synnefo/testing/"):
        return
    for line, name in (*_names(module.tree), *_powers(module.tree)):
        banned = next((one for one in RUNS_WHAT_IT_READS if name == one or name.startswith(f"{one}.")), None)
        if banned:
            yield Offence(module.path, line, banned, RUNS_WHAT_IT_READS[banned])


def _powers(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Calls of ``eval`` and ``exec``, and of anything with ``shell=True``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name):
                yield node.lineno, node.func.id
            yield from ((node.lineno, "shell") for word in node.keywords if word.arg == "shell")


def disks_are_of_a_named_format(module: Module) -> Iterator[Offence]:
    """A disk that a guest has written may begin like a qcow2 file that names another file: ``qemu-img`` guesses nothing."""
    for node in ast.walk(module.tree):
        words = [part.value for part in getattr(node, "elts", ()) if isinstance(part, ast.Constant)]
        if isinstance(node, ast.List | ast.Tuple) and words[:1] == ["qemu-img"] and not {"-f", "create"} & set(words):
            yield Offence(module.path, node.lineno, "qemu-img", "say -f and the format that was found")


def _imported(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Dotted names of what is imported, wherever in the file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def _names(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Dotted names of what is imported, and of attributes as the imports make them: ``dt.now`` is
    ``datetime.datetime.now`` after ``from datetime import datetime as dt``."""
    yield from _imported(tree)
    known = _bindings(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield node.lineno, _dotted(node, known)


def _bindings(tree: ast.Module) -> dict[str, str]:
    """What each imported name stands for."""
    known: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name.split(".")[0]
                known[alias.asname or first] = alias.name if alias.asname else first
        elif isinstance(node, ast.ImportFrom) and node.module:
            known |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return known


def _dotted(node: ast.expr, known: dict[str, str]) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value, known)}.{node.attr}"
    return known.get(node.id, node.id) if isinstance(node, ast.Name) else "?"


def _written(node: ast.AST) -> Iterator[str]:
    """State columns that this piece of syntax writes."""
    if isinstance(node, ast.Assign):
        yield from (column for target in node.targets for column in _targets(target))
    elif isinstance(node, ast.AugAssign | ast.AnnAssign):
        yield from _targets(node.target)
    elif isinstance(node, ast.Call) and _called(node) in WRITERS:
        yield from (word.arg for word in node.keywords if word.arg in STATE_COLUMNS)
        constants = (part for part in ast.walk(node) if isinstance(part, ast.Constant))
        yield from (str(part.value) for part in constants if part.value in STATE_COLUMNS)


def _targets(target: ast.expr) -> Iterator[str]:
    if isinstance(target, ast.Attribute) and target.attr in STATE_COLUMNS:
        yield target.attr
    elif isinstance(target, ast.Tuple | ast.List):
        for part in target.elts:
            yield from _targets(part)


def _called(node: ast.Call) -> str:
    function = node.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
