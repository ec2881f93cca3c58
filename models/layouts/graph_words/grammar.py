"""A graph as the rules of a grammar that make it, one after another.

What is still to be made is a stack of things, each at a node. A rule says of the topmost what
becomes of it: a new node, joined to that one or not, and new things at either (a leftmost
derivation, as in Kusner et al. 2017, arXiv:1703.01925, section 3). Only rules for the topmost may
come next (their eq. 3), and only those from which the requested number of nodes can still be
reached. What a grammar does not derive can therefore not be sampled.

Where graphs may have cycles, a new node may be joined to its ancestors, as rings are closed in
SMILES: the allowed symbols depend on the graph so far, as in an attribute grammar (Dai et al. 2018,
arXiv:1802.08786, section 3).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pushforward.models.layouts.graph_words.language import (
    Chances,
    Language,
    Neighbours,
    Reading,
    Written,
    depth_first,
)

__all__ = ["GRAMMARS", "Grammar", "GrammarName", "Rule"]

GrammarName = Literal["any", "connected", "trees", "lobsters"]
_BACK = "back"  # what may join the node where it is back to others


@dataclass(frozen=True)
class Rule:
    """What becomes of the topmost thing.

    Attributes:
        thing: that it is for.
        grows: whether there is a new node, "joined" to the one where the thing is or "apart".
        new: things at the new node, in the order in which they are made.
        own: things at the old node, made after these.
    """

    thing: str
    grows: Literal["", "joined", "apart"] = ""
    new: tuple[str, ...] = ()
    own: tuple[str, ...] = ()


_TREE = {
    "child": Rule("branch", "joined", ("branch",), ("branch",)),
    "leaf": Rule("branch"),
}
_CONNECTED = {
    "child": Rule("branch", "joined", (_BACK, "branch"), ("branch",)),
    "leaf": Rule("branch"),
    "enough": Rule(_BACK),
}
_BEGIN: Mapping[GrammarName, tuple[str, ...]] = {
    "any": ("branch", "graph"),
    "connected": ("branch",),
    "trees": ("branch",),
    "lobsters": ("legs", "body"),
}
GRAMMARS: Mapping[GrammarName, Mapping[str, Rule]] = {
    "any": {
        **_CONNECTED,
        "component": Rule("graph", "apart", ("branch",), ("graph",)),
        "whole": Rule("graph"),
    },
    "connected": _CONNECTED,
    "trees": _TREE,
    "lobsters": {
        "on": Rule("body", "joined", ("legs", "body")),
        "end": Rule("body"),
        "leg": Rule("legs", "joined", ("feet",), ("legs",)),
        "no more legs": Rule("legs"),
        "foot": Rule("feet", "joined", (), ("feet",)),
        "no more feet": Rule("feet"),
    },
}
"""The rules of each grammar, by their names."""


class Grammar(Language):
    """A language of rules; symbols are these, in their order, and then, where there are cycles, the
    nodes to which a new one may be joined back.

    Args:
        name: of the grammar.
        nodes: N, how many there are at most.
    """

    def __init__(self, name: GrammarName, nodes: int) -> None:
        super().__init__(nodes)
        self.name = name
        self.rules = list(GRAMMARS[name].values())
        self.number = {name: i for i, name in enumerate(GRAMMARS[name])}
        self._cycles = "enough" in self.number

    @property
    def symbols(self) -> int:
        return len(self.rules) + (self.nodes if self._cycles else 0)

    @property
    def longest(self) -> int:
        # Each node comes by a rule, and three things at most end with it.
        pairs = self.nodes * (self.nodes - 1) // 2 if self._cycles else 0
        return pairs + 4 * self.nodes

    def reading(self, size: int) -> "Derivation":
        return Derivation(self, size)

    def written(self, graph: Neighbours, chances: Chances) -> Written | None:
        if self.name == "lobsters":
            return self._lobster(graph, chances)
        order = depth_first(graph, chances)
        place = {node: i for i, node in enumerate(order)}
        writing = _Writing(self, len(graph))
        path = [0]
        for i, node in enumerate(order[1:], start=1):
            earlier = sorted(place[other] for other in graph[node] if place[other] < i)
            if len(earlier) > 1 and not self._cycles:
                return None
            if not earlier and "component" not in self.number:
                return None
            before = earlier.pop() if earlier else -1
            while path and path[-1] != before:
                writing.rule("leaf")
                path.pop()
            writing.rule("child" if path else "component")
            path.append(i)
            for other in earlier:
                writing.add(len(self.rules) + other)
            if writing.reading.topmost == _BACK:
                writing.rule("enough")
        return Written(writing.word, order)

    def _lobster(self, graph: Neighbours, chances: Chances) -> Written | None:
        """Write a lobster along one of its longest paths, from which no node is further than two
        edges: with a third branch of three it would be none.
        """
        path = _longest_path(graph, chances)
        if path is None:
            return None
        writing, order, body = _Writing(self, len(graph)), path[:1], set(path)
        for at, node in enumerate(path):
            if at:
                writing.rule("on")
                order.append(node)
            for leg in chances.shuffled([other for other in graph[node] if other not in body]):
                writing.rule("leg")
                order.append(leg)
                for foot in chances.shuffled([other for other in graph[leg] if other != node]):
                    if len(graph[foot]) > 1:
                        return None
                    writing.rule("foot")
                    order.append(foot)
                writing.rule("no more feet")
            writing.rule("no more legs")
        return Written(writing.word, order)


class Derivation(Reading):
    """An unfinished derivation."""

    def __init__(self, grammar: Grammar, size: int) -> None:
        super().__init__(size)
        self._rules = grammar.rules
        self._cycles = grammar.symbols > len(grammar.rules)
        self._before = [-1]  # which node each was joined to when it came
        self._last = -1
        begin = _BEGIN[grammar.name] if size else ()
        self._stack = [(thing, 0) for thing in reversed(begin)]

    @property
    def topmost(self) -> str:
        """What is to be made next, "" for nothing."""
        while self._stack and self._stack[-1][0] == _BACK and not self._behind():
            self._stack.pop()
        if self.nodes == self.size and (not self._stack or self._stack[-1][0] != _BACK):
            return ""
        return self._stack[-1][0]

    def allowed(self) -> list[int]:
        thing = self.topmost
        if not thing:
            return []
        # Something that can grow must be left as long as nodes are missing.
        may_stop = thing == _BACK or len(self._stack) > 1
        found = [
            number
            for number, rule in enumerate(self._rules)
            if rule.thing == thing and (bool(rule.grows) or may_stop)
        ]
        if thing == _BACK:
            found += [len(self._rules) + other for other in self._behind()]
        return found

    def read(self, symbol: int) -> None:
        if not self.topmost:
            raise ValueError("the word is over")
        if symbol >= len(self._rules):
            self._last = symbol - len(self._rules)
            self.edges.append((self.nodes - 1, self._last))
            return
        rule = self._rules[symbol]
        _, node = self._stack.pop()
        self._stack += [(thing, node) for thing in reversed(rule.own)]
        if rule.grows:
            joined = rule.grows == "joined"
            new = self.arrive(*([node] if joined else []))
            self._before.append(node if joined else -1)
            self._last = -1
            self._stack += [(thing, new) for thing in reversed(rule.new)]

    def _behind(self) -> list[int]:
        """Return the nodes to which the newest may still be joined back, rising."""
        found: list[int] = []
        # Not to the one that it was joined to when it came.
        node = self._before[self._before[-1]] if self._before[-1] >= 0 else -1
        while node > self._last:
            found.append(node)
            node = self._before[node]
        return found[::-1]


class _Writing:
    """A word that is extended symbol by symbol until the derivation is complete."""

    def __init__(self, grammar: Grammar, size: int) -> None:
        self.reading = Derivation(grammar, size)
        self.word: list[int] = []
        self._number = grammar.number

    def rule(self, name: str) -> None:
        """Add a rule, but for what follows from all nodes being there."""
        if self.reading.topmost:
            self.add(self._number[name])

    def add(self, symbol: int) -> None:
        self.reading.read(symbol)
        self.word.append(symbol)


def _longest_path(graph: Neighbours, chances: Chances) -> list[int] | None:
    """Return one of the longest paths of a tree, by chance, from end to end; None of no tree."""
    size = len(graph)
    if sum(map(len, graph)) != 2 * (size - 1):
        return None
    ends: list[tuple[int, int]] = []
    longest = -1
    before: list[dict[int, int]] = []
    for start in range(size):
        came, order, far = {start: start}, [start], {start: 0}
        for node in order:
            for other in graph[node]:
                if other not in came:
                    came[other], far[other] = node, far[node] + 1
                    order.append(other)
        if len(order) < size:
            return None
        before.append(came)
        for end, distance in far.items():
            if distance > longest:
                ends, longest = [], distance
            if distance == longest:
                ends.append((start, end))
    start, node = chances.pick(ends)
    path = [node]
    while node != start:
        node = before[start][node]
        path.append(node)
    return path
