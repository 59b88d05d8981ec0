"""May this go from here to there, now, by this person? And if not: why, and what to mend."""

from __future__ import annotations

from dataclasses import dataclass

from holdfast.accounts.decide.theatre import line_theatre, theatre
from holdfast.accounts.kinds.declare import Kind, Machine, Move, Who
from holdfast.accounts.kinds.facts import Actor, Line, Object


@dataclass(frozen=True, slots=True)
class Allowed:
    """waits_for: who has to agree before it happens; empty: it happens."""

    move: Move
    waits_for: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """why: one sentence. mend: what to do about it, one thing each."""

    why: str
    mend: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.why + (f": {'; '.join(self.mend)}" if self.mend else "")


def moving(kind: Kind, of: Object, end: str, actor: Actor) -> Allowed | Refused:
    """Whether an object may come to the state `end`."""
    move = _move(kind.machine, of.state, end, kind.name)
    if isinstance(move, Refused):
        return move
    if refusal := _not_theirs(move, of, actor):
        return refusal
    missing = tuple(said for need in move.needs if (said := need.missing(of, None)))
    target = kind.machine.state(end)
    if target.done:
        missing += tuple(finding.says.rstrip(".") for finding in theatre(kind, of))
    if missing:
        return Refused(f"it cannot be called {target.label.lower()} yet", missing)
    return Allowed(move, _waits(move, of, end, actor))


def line_moving(kind: Kind, of: Object, line: Line, end: str, actor: Actor) -> Allowed | Refused:
    """Whether a line may come to the state `end`."""
    if kind.machine.state(of.state).fixed:
        return Refused(f"it is {kind.machine.state(of.state).label.lower()}, and stays as it is")
    part = kind.part(line.part)
    move = _move(part.machine, line.state, end, f"“{line.what}”")
    if isinstance(move, Refused):
        return move
    if refusal := _not_theirs(move, of, actor):
        return refusal
    if actor.side == "customer" and move.who is Who.EITHER and part.owned and line.customer_owner is None:
        return Refused(f"“{line.what}” is not the customer's to finish")
    missing = tuple(said for need in move.needs if (said := need.missing(of, line)))
    target = part.machine.state(end)
    if target.done:
        missing += tuple(finding.says.rstrip(".") for finding in line_theatre(kind, line))
    return Refused(f"“{line.what}” cannot be called {target.label.lower()} yet", missing) if missing else Allowed(move)


def moves(kind: Kind, of: Object, actor: Actor) -> tuple[tuple[str, Allowed | Refused], ...]:
    """Every state that follows, with whether this person may bring the object there."""
    return tuple((move.end, moving(kind, of, move.end, actor)) for move in kind.machine.onward(of.state))


def line_moves(kind: Kind, of: Object, line: Line, actor: Actor) -> tuple[tuple[str, Allowed | Refused], ...]:
    machine = kind.part(line.part).machine
    return tuple((move.end, line_moving(kind, of, line, move.end, actor)) for move in machine.onward(line.state))


def asked_for(move: Move) -> frozenset[str]:
    """The fields that a move itself asks for: filled in with it, they change nothing that was agreed to."""
    named = {getattr(need, "name", "") for need in move.needs} - {""}
    return frozenset(named.union(*(getattr(need, "names", ()) for need in move.needs)))


def voices(move: Move, of: Object) -> frozenset[str]:
    """Whose agreement a move needs, where one alone cannot make it."""
    if move.who is Who.BOTH:
        return frozenset({"we", "customer"})
    if move.who is Who.PAIR:
        return frozenset(f"user:{of.fields[name]}" for name in ("giver", "receiver") if of.fields.get(name))
    return frozenset()


def voice(move: Move, actor: Actor) -> str:
    """What this person's agreement is called."""
    return f"user:{actor.key}" if move.who is Who.PAIR else actor.side


def _move(machine: Machine, start: str, end: str, called: str) -> Move | Refused:
    move = machine.move(start, end)
    if move is not None:
        return move
    names = {state.name: state.label for state in machine.states}
    onward = [names[move.end].lower() for move in machine.onward(start)]
    onto = f"it can become {', '.join(onward)}" if onward else "nothing follows"
    return Refused(f"{called} is {names[start].lower()} and cannot become {names.get(end, end).lower()}", (onto,))


def _not_theirs(move: Move, of: Object, actor: Actor) -> Refused | None:
    ours = actor.side == "we"
    match move.who:
        case Who.CUSTOMER if ours:
            return Refused("only the customer can say this", ("send them a link",))
        case Who.WE | Who.ANOTHER | Who.PAIR if not ours:
            return Refused("this is for us to say")
        case Who.ANOTHER if actor.key is None or actor.key in of.close:
            return Refused("somebody who had no hand in it has to look at it")
        case Who.PAIR:
            return _not_of_the_pair(of, actor)
    return None


def _not_of_the_pair(of: Object, actor: Actor) -> Refused | None:
    pair = {of.fields.get("giver"), of.fields.get("receiver")}
    if None in pair or len(pair) < 2:
        return Refused("it takes two", ("name who gives and who receives, two different people",))
    return None if actor.key in pair else Refused("only who gives and who receives can agree to it")


def _waits(move: Move, of: Object, end: str, actor: Actor) -> tuple[str, ...]:
    given = (of.assents if of.assent_to == end else frozenset()) | {voice(move, actor)}
    return tuple(sorted(voices(move, of) - given))
