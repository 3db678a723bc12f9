"""An accelerator that may crash, hang or be pulled out, with the CPU to stand in for it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self

from edge.accelerator_process import Child, Lost
from edge.bundle import read_bundle
from edge.card import Card, read_card
from edge.delegate import EDGE_TPU, library
from edge.errors import LocalizerError
from edge.golden.examples import read_golden
from edge.golden.replay import check
from edge.image import Image
from edge.localizer import Infer, Localizer, check_card, described
from edge.looking import is_file
from edge.runtime import Network
from edge.sweep import quickest
from edge.tensors import Floats

_STEADY = 100  # inferences in a row after which an accelerator counts as healthy again


class Accelerated:
    """Prepared pixels in, outputs out: from the accelerator, or from the CPU while it is away.

    A process of its own is tried again and again with growing pauses; frames never wait for it.
    """

    def __init__(
        self,
        start: Callable[[], Child],
        twin: Callable[[Image], Mapping[str, Floats]],
        say: Callable[[str], None],
        deadline: float = 1.0,
        loading: float = 20.0,
        pauses: tuple[float, float] = (1.0, 60.0),
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start the accelerator and wait until it is loaded or refused.

        start: begins a process. twin: the same network on the CPU.
        say: gets one sentence whenever the accelerator comes or goes.
        deadline: seconds for one inference. loading: seconds for a model to be loaded.
        pauses: the first and the longest wait, in seconds, before a process is tried again.
        """
        self._start, self._twin, self._say = start, twin, say
        self._deadline, self._loading = deadline, loading
        self._shortest, self._longest = pauses
        self._now = now
        self._pause = self._shortest
        self._again = now()
        self._answered = 0
        self._ready = False
        self._told = ""
        self._child: Child | None = None
        self.proof: Callable[[Infer], None] = lambda infer: None
        """Raises LocalizerError where a process that comes back answers otherwise than it should.

        Frames wait for it once. What serves at the start is proved by whoever starts the run.
        """
        self._begin()
        self._look(loading)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._child is not None:
            self._child.close()
            self._child = None

    @property
    def ready(self) -> bool:
        """Whether the accelerator answers, and not the CPU."""
        return self._ready

    @property
    def waits(self) -> bool:
        """Whether it is between two tries."""
        return self._child is None

    def __call__(self, pixels: Image) -> Mapping[str, Floats]:
        if not self._ready:
            self._try_again()
        if self._ready and self._child is not None:
            try:
                outputs = self._child(pixels, self._deadline)
            except Lost as why:
                self._lost(str(why))
            else:
                self._answered += 1
                if self._answered == _STEADY:
                    self._pause = self._shortest
                return outputs
        return self._twin(pixels)

    def _try_again(self) -> None:
        if self._child is not None:
            self._look(0.0)
        elif self._now() >= self._again:
            self._begin()

    def _begin(self) -> None:
        try:
            self._child = self._start()
        except OSError as error:  # no more processes, or no memory for one
            self._lost(f"no process can be started for the accelerator ({error.strerror})")
        self._until = self._now() + self._loading

    def _look(self, patience: float) -> None:
        """See whether the process has loaded its model."""
        if self._child is None:
            return
        try:
            runtime = self._child.loaded(patience)
            if runtime is None and self._now() >= self._until:
                raise Lost(f"the accelerator was not loaded within {self._loading:g} s")
        except Lost as why:
            self._lost(str(why))
            return
        if runtime is not None and self._proved():
            self._ready, self._answered = True, 0
            self._tell(f"the accelerator answers ({runtime})")

    def _proved(self) -> bool:
        child = self._child
        assert child is not None
        try:
            self.proof(lambda pixels: child(pixels, self._deadline))
        except (Lost, LocalizerError) as why:
            self._lost(str(why))
            return False
        return True

    def _lost(self, why: str) -> None:
        if self._child is not None:
            self._child.close()
        self._child, self._ready = None, False
        self._again = self._now() + self._pause
        self._tell(f"{why}; the CPU goes on, and the accelerator is tried again")
        self._pause = min(2.0 * self._pause, self._longest)

    def _tell(self, sentence: str) -> None:
        if sentence != self._told:  # a Coral that stays away is told once
            self._say(sentence)
        self._told = sentence


def twins(model: Path, delegate: str) -> tuple[Path, Path]:
    """The file for the accelerator and the one for the CPU, of which ``model`` names either.

    The Edge TPU's compiler writes NAME_edgetpu.tflite beside NAME.tflite; other delegates take
    the plain file. Raises LocalizerError where one of the two is absent.
    """
    if delegate != EDGE_TPU:
        return model, model
    name = model.stem.removesuffix("_edgetpu")
    compiled, plain = (model.with_name(f"{name}{end}.tflite") for end in ("_edgetpu", ""))
    for file, purpose in ((compiled, "the Edge TPU"), (plain, "the CPU when that fails")):
        if not is_file(file):
            raise LocalizerError(
                f"--delegate {EDGE_TPU} needs {compiled.name} and {plain.name} side by side, but "
                f"{file} for {purpose} is not there; copy it there"
            )
    return compiled, plain


def load_accelerated(
    path: Path, delegate: str, threads: int | None, say: Callable[[str], None]
) -> tuple[Localizer, Accelerated, str]:
    """The localizer of a model file, the accelerator under it, and the CPU's runtime in words.

    path: either of ``twins``. delegate: ``edgetpu`` or a library. threads: of the CPU's twin.
    say: gets one sentence whenever the accelerator comes or goes. The caller closes it.
    Raises LocalizerError for what cannot run on the CPU either.
    """
    library(delegate)  # a wrong name is no fault of the accelerator's
    fast, plain = twins(path, delegate)
    card = read_card(plain)
    network = quickest(plain) if threads is None else Network(plain, threads)
    check_card(plain, card, network)
    if _promise(read_card(fast)) != _promise(card):
        raise LocalizerError(f"{fast} and {plain} carry different cards; convert both again")
    accelerated = Accelerated(lambda: Child(fast, delegate, network), network, say)
    golden = read_golden(read_bundle(fast))
    if golden is not None:
        accelerated.proof = lambda infer: check(golden, Localizer(infer, card), str(fast))
    return Localizer(accelerated, card), accelerated, described(network)


def _promise(card: Card) -> tuple[object, ...]:
    """What both twins' cards must agree on."""
    return card.width, card.height, card.labels, card.decode, card.offset_scale
