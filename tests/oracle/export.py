"""A case as JSON: its pipes as constructor calls, its rows with the classes of their values."""

from __future__ import annotations

import contextlib
import enum
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cascade2spark.errors import BuildError, Cascade2SparkError
from cascade2spark.fields import Fields
from cascade2spark.flows.definition import FlowDef
from cascade2spark.operations.date_operations import Calendar
from cascade2spark.pipes import (
    Pipe,
    SubAssembly,
    tails_of,
)
from cascade2spark.schemes import JSONTextLine, Scheme, TextDelimited, TextLine
from cascade2spark.taps import MemoryTap, PartitionTap
from cascade2spark.types import DateType, JSONCoercibleType, Long, Type, as_type
from tests.conformance.case import ONLY, Case, Lines, Rows
from tests.conformance.tree import Tree
from tests.oracle.forms import FORMS, only
from tests.oracle.recording import Recorder, load_cases
from tests.oracle.values import NotExportable, encode_row, encode_value

__all__ = ["exported_cases", "fingerprint"]

Json = dict[str, Any]

# Groups of counters that Java names by the class of an enum.
COUNTER_GROUPS = {
    "StepCounters": "cascading.flow.StepCounters",
    "SliceCounters": "cascading.flow.SliceCounters",
    "AggregateBy.Cache": "cascading.pipe.assembly.AggregateBy$Cache",
    "AggregateByLocally.Cache": "cascading.pipe.assembly.AggregateByLocally$Cache",
    "Unique.Cache": "cascading.pipe.assembly.Unique$Cache",
}
NOT_PUBLISHED = {"Max", "Min"}


def exported_cases() -> tuple[dict[str, Json], dict[str, str]]:
    """Return the JSON of each case that Java can run, and why it cannot run each other one."""
    recorder = Recorder()
    exported, reasons = {}, {}
    with recorder.watching():
        for case in load_cases():
            try:
                exported[case.name] = CaseExport(case, recorder).result()
            except NotExportable as reason:
                reasons[case.name] = str(reason)
    return exported, reasons


def fingerprint(exported: Json) -> str:
    """Return what changes when anything that Cascading is given changes."""
    text = json.dumps(exported, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


class CaseExport:
    """The export of one case: nodes are numbered in the order in which Java can construct them."""

    def __init__(self, case: Case, recorder: Recorder) -> None:
        self._case = case
        self._recorder = recorder
        self._nodes: list[Json] = []
        self._numbers: dict[int, int] = {}

    def result(self) -> Json:
        """Return the whole case."""
        case = self._case
        if case.partitions not in (None, 1):
            raise NotExportable(f"{case.partitions} partitions")
        if case.fails is not None and case.fails.at == "build":
            self._add_failing_call()
            return {
                "name": case.name,
                "nodes": self._nodes,
                "sources": [],
                "sinks": [],
                "traps": [],
            }
        built = case.build(**{name: Pipe(name) for name in case.inputs})
        tails = [tail for pipe in _listed(built) for tail in tails_of(pipe)]
        parts = self._flow_parts(tails)
        nodes = {"nodes": self._nodes} if self._nodes else {"nodes": []}
        return {"name": case.name, **nodes, **parts}

    # -- the flow --------------------------------------------------------------------------------

    def _flow_parts(self, tails: Sequence[Pipe]) -> Json:
        case, definition = self._case, FlowDef()
        if case.flow is not None:
            case.flow(definition)
        sources = [self._source(name, data) for name, data in case.inputs.items()]
        sources += [self._tap(name, tap) for name, tap in definition.sources.items()]
        sinks = [self._tap(name, tap) for name, tap in definition.sinks.items()]
        loose = [self._reference(tail) for tail in definition.tails]
        for tail in tails:
            if tail.name in definition.sinks:
                loose.append(self._reference(tail))
            else:
                given = case.sinks.get(ONLY if ONLY in case.sinks else tail.name)
                sinks.append({**self._sink(tail.name, given), "tail": self._reference(tail)})
        traps: list[Json] = [{"name": name} for name in case.traps]
        traps += [self._tap(name, tap) for name, tap in definition.traps.items()]
        parts: Json = {"sources": sources, "sinks": sinks, "traps": traps}
        checkpoints = [self._tap(name, tap) for name, tap in definition.checkpoints.items()]
        optional = {
            "tails": loose,
            "checkpoints": checkpoints,
            "run_id": definition.run_id,
            "assertions": _level(definition.assertion_level),
            "debug": _level(definition.debug_level),
            "properties": dict(case.properties),
            "counters": [[COUNTER_GROUPS.get(group, group), name] for group, name in case.counters],
        }
        return parts | {name: value for name, value in optional.items() if value}

    def _source(self, name: str, data: Rows | Lines) -> Json:
        if isinstance(data, Tree):
            # On the local planner a partition is a file, not a folder of part files.
            files = {str(Path(path).parent): list(lines) for path, lines in data.files.items()}
            return {**self._partitioned(name, data.make(".")), "files": files}
        if type(data) not in (Rows, Lines):
            raise NotExportable(f"a {type(data).__name__}")
        if isinstance(data, Lines):
            assert data.scheme is not None
            return {"name": name, "scheme": self._scheme(data.scheme), "lines": list(data.lines)}
        return {"name": name, **self._rows(data.fields, data.rows)}

    def _rows(self, fields: Fields, rows: Sequence[Any]) -> Json:
        types = fields.get_types()
        return {"fields": self._fields(fields), "rows": [encode_row(row, types) for row in rows]}

    def _sink(self, name: str, given: Fields | Scheme | None) -> Json:
        if given is None:
            return {"name": name}
        if isinstance(given, Fields):
            return {"name": name, "fields": self._fields(given)}
        if not isinstance(given, Scheme):
            return self._partitioned(name, given("."))
        return {"name": name, "scheme": self._scheme(given)}

    def _tap(self, name: str, tap: Any) -> Json:
        if not isinstance(tap, MemoryTap):
            raise NotExportable(f"a {type(tap).__name__}")
        number = self._numbers.setdefault(id(tap), len(self._numbers))
        self._recorder.calls.setdefault(
            id(tap), tap
        )  # keeps it alive, so that its id stays its own
        fields = tap.sink_fields if tap.sink_fields.is_all() else tap.source_fields
        held = self._rows(fields, tap.rows)
        return {"name": name, "id": f"tap {number}", "mode": tap.sink_mode.name, **held}

    def _partitioned(self, name: str, tap: Any) -> Json:
        call = self._recorder.call_of(tap)
        if type(tap) is not PartitionTap or call is None or len(call.args) != 2:
            raise NotExportable(f"a {type(tap).__name__}")
        if tap._filters:
            raise NotExportable("a filter of partitions")
        parent, partition = call.args
        scheme = self._scheme(parent.scheme)
        return {"name": name, "scheme": scheme, "partition": self._call(partition)}

    def _scheme(self, scheme: Scheme) -> Json:
        call = self._recorder.call_of(scheme)
        if call is None or type(scheme) not in (TextLine, TextDelimited, JSONTextLine):
            raise NotExportable(f"the scheme {type(scheme).__name__}")
        if isinstance(scheme, TextDelimited) and not all(map(_is_plain, call.args)):
            raise NotExportable("a TextDelimited with settings that the local one lacks")
        if isinstance(scheme, TextDelimited):
            flags = [scheme.skip_header, scheme.write_header, scheme.delimiter, scheme.strict]
            rest = [scheme.quote, None, scheme.safe]
            return {"new": "TextDelimited", "args": [self._fields(scheme.fields), *flags, *rest]}
        return self._call(scheme)

    # -- pipes -----------------------------------------------------------------------------------

    def _reference(self, pipe: Pipe) -> Json:
        """Return how later nodes name a pipe, which is added first if it is new."""
        owner = next((one for one in reversed(pipe.assemblies) if _is_stock(type(one))), None)
        if owner is not None:
            tails = owner.get_tails()
            if not any(pipe is tail for tail in tails):
                raise NotExportable("a pipe from inside an assembly")
            number = next(at for at, tail in enumerate(tails) if tail is pipe)
            return {"pipe": self._number(owner), "tail": number}
        return {"pipe": self._number(pipe)}

    def _number(self, pipe: Pipe) -> int:
        if id(pipe) not in self._numbers:
            node = self._call(pipe) if isinstance(pipe, SubAssembly) else self._pipe(pipe)
            self._numbers[id(pipe)] = len(self._nodes)
            self._nodes.append(node)
        return self._numbers[id(pipe)]

    def _pipe(self, pipe: Pipe) -> Json:
        form = FORMS.get(type(pipe))
        if form is None:
            raise NotExportable(f"a pipe of class {type(pipe).__name__}")
        arguments = [self._argument(one) for one in form(pipe)]
        return {"new": type(pipe).__name__, "args": arguments}

    def _add_failing_call(self) -> None:
        """Add the constructor call that is refused, and what it is built on."""
        self._recorder.failed = None
        with contextlib.suppress(Cascade2SparkError):
            self._case.build(**{name: Pipe(name) for name in self._case.inputs})
        failed = self._recorder.failed
        if failed is None or not _is_stock(type(failed.made)):
            raise NotExportable("what is refused is no constructor call of Cascading's")
        self._nodes.append(self._call(failed.made))

    # -- arguments -------------------------------------------------------------------------------

    def _argument(self, value: Any) -> Any:
        if isinstance(value, Fields):
            return self._fields(value)
        if isinstance(value, SubAssembly) and not value.previous:
            return self._call(value)  # a part of an AggregateBy
        if isinstance(value, SubAssembly) and _is_stock(type(value)):
            return {"pipe": self._number(value)}
        if isinstance(value, Pipe):
            return self._reference(_one_tail(value))
        if isinstance(value, Calendar):
            return int(value)
        if isinstance(value, enum.Enum):
            return {"enum": value.name}
        if isinstance(value, (type, Type)):
            return {"type": self._type(as_type(value))}
        if isinstance(value, list):
            return [self._argument(one) for one in value]
        if isinstance(value, dict):
            return {"map": [[self._argument(one) for one in pair] for pair in value.items()]}
        if isinstance(value, tuple) and value and all(isinstance(one, Fields) for one in value):
            return [self._argument(one) for one in value]
        try:
            return encode_value(value)
        except NotExportable:
            return self._call(value)

    def _call(self, made: Any) -> Json:
        name, call = type(made).__name__, self._recorder.call_of(made)
        if name in NOT_PUBLISHED:
            raise NotExportable(f"{name} is not in what is published of Cascading")
        if call is None or not (_is_stock(type(made)) or name in _twins()):
            raise NotExportable(f"{name} is only there in Python")
        arguments = list(call.args)
        if name == "AggregateBy" and isinstance(arguments[0], list):
            arguments.insert(0, made.name)  # Java wants a name before several pipes
        if name == "FirstBy" and made.previous and len(arguments) == 4:
            return self._first_by(arguments)
        if name.startswith("JSONGet") and arguments[-1] in (True, False):
            # fail_on_missing stands before the pointers, behind the fields
            arguments.insert(2 if "All" in name else 1, arguments.pop())
        if name == "JSONGetAllAggregateFunction" and isinstance(arguments[1], list):
            arguments.insert(1, made.get_field_declaration())
        if name == "Identity" and any(isinstance(one, DateType) for one in arguments):
            raise NotExportable("Java's Identity takes classes only")
        node: Json = {"new": name, "args": [self._argument(one) for one in arguments]}
        if call.then:
            node["then"] = [
                [_camel(method), self._argument(list(args))] for method, args in call.then
            ]
        return node

    def _first_by(self, given: Sequence[Any]) -> Json:
        """Java names the results of a FirstBy in its form as a part only."""
        pipe, group, *rest = [self._argument(one) for one in given]
        return {"new": "AggregateBy", "args": [pipe, group, {"new": "FirstBy", "args": rest}]}

    def _fields(self, fields: Fields) -> Json:
        if not fields.is_defined():
            if fields.is_unknown() and list(fields):
                raise NotExportable("an UNKNOWN with names")
            return {"fields": fields.kind.name}
        result: Json = {"fields": list(fields)}
        types = fields.get_types()
        if types:
            result["types"] = [self._type(one) for one in types]
        if fields.has_comparators():
            result["by"] = [
                None if one is None else self._call(one) for one in fields.get_comparators()
            ]
        return result

    def _type(self, type_: Type) -> Any:
        if isinstance(type_, DateType):
            return {"new": "DateType", "args": [type_.format, type_.zone]}
        if type(type_) is not type(Long) and type_ is not JSONCoercibleType.TYPE:
            raise NotExportable(f"the type {type_.name}")
        return type_.name


def _one_tail(pipe: Pipe) -> Pipe:
    try:
        return only(tails_of(pipe))
    except (BuildError, ValueError) as error:
        raise NotExportable("an assembly of the case's own without one tail") from error


def _listed(built: Any) -> list[Pipe]:
    return [built] if isinstance(built, Pipe) else list(built)


def _level(level: enum.IntEnum | None) -> str | None:
    return None if level is None else level.name


def _is_plain(argument: Any) -> bool:
    return isinstance(argument, (Fields, str, bool, type, Type, list, tuple, type(None)))


def _is_stock(cls: type) -> bool:
    is_ours = cls.__module__.startswith("cascade2spark.")
    return is_ours and not cls.__module__.endswith("operations.callables")


def _twins() -> set[str]:
    from tests.oracle.java import TWINS

    return {path.stem for path in TWINS.glob("*.java")}


def _camel(name: str) -> str:
    first, *rest = name.rstrip("_").split("_")
    return first + "".join(map(str.title, rest))
