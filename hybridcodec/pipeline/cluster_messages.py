"""What the driver and the workers of a cluster say to each other: JSON, of which both first look who is talking.

It differs from `messages` in that the other end may be another program: what an assignment or an answer holds is plain
data until the identities are known to be equal (`identity`), and an outcome is held against its task (`answers`).
"""

import json
from dataclasses import asdict, dataclass, replace
from typing import Any

from hybridcodec.pipeline.task import Limits, Outcome, Task
from hybridcodec.plain import made, parsed


@dataclass(frozen=True)
class Assignment:
    """One task for a worker; `driver` is the identity of who sends it, as JSON."""

    driver: str
    task: Any
    limits: Any

    def work(self) -> tuple[Task, Limits]:
        """Return what is to be done, under which limits.

        Raises:
            ValueError: these are no task and no limits of this program.
        """
        return made(Task, self.task), made(Limits, self.limits)


@dataclass(frozen=True)
class ClusterAnswer:
    """What a worker answers; `identity` is its own, as JSON, and `outcome` is None if it is not the driver's."""

    identity: str
    outcome: Any


def assignment_line(driver: str, task: Task, limits: Limits) -> str:
    """Return an assignment as JSON."""
    counted = replace(limits, seconds=float(limits.seconds))
    return json.dumps(asdict(Assignment(driver, task, counted)))


def read_assignment(line: object) -> Assignment:
    """Return the assignment that `assignment_line` was asked for.

    Raises:
        ValueError: it is something else.
    """
    found: Assignment = made(Assignment, parsed(line))
    return found


def answer_line(identity: str, outcome: Outcome | None) -> str:
    """Return an answer as JSON."""
    return json.dumps(asdict(ClusterAnswer(identity, outcome.to_dict() if outcome else None)))


def read_answer(line: object) -> ClusterAnswer:
    """Return the answer that `answer_line` was asked for.

    Raises:
        ValueError: it is something else.
    """
    found: ClusterAnswer = made(ClusterAnswer, parsed(line))
    return found
