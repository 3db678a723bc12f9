import os
import select
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from edge.accelerator import Accelerated, load_accelerated, twins
from edge.accelerator_process import Child, Lost
from edge.card import Card, with_card
from edge.errors import LocalizerError
from edge.runtime import Network
from edge.tensors import OUTPUTS

LONG = 30.0
"""Seconds after which a test that waits for an event has failed."""
SHORT = 0.2
"""Seconds of a deadline that is meant to be missed."""


@pytest.fixture
def network(tiny_model):
    return Network(tiny_model)


@pytest.fixture
def start(standin, tiny_model, network):
    """Starts processes with the stand-in, and ends them all after the test."""
    children = []

    def begin(model=tiny_model, delegate=str(standin)):
        children.append(Child(model, delegate, network))
        return children[-1]

    yield begin
    for child in children:
        if child.running:
            child.close()


@pytest.fixture
def clock():
    """A clock that a test sets forward."""

    class Clock:
        time = 100.0

        def __call__(self):
            return self.time

    return Clock()


def same(one, other):
    return all((one[name] == other[name]).all() for name in OUTPUTS)


def test_the_process_gives_what_the_interpreter_gives(behave, start, network, scene):
    child = start()
    assert child.loaded(LONG) == network.runtime
    for box in ((8, 16, 24, 28), (0, 0, 32, 32)):
        assert same(child(scene(box), LONG), network(scene(box)))


def test_outputs_do_not_change_when_the_next_ones_come(behave, start, scene):
    child = start()
    child.loaded(LONG)
    first = child(scene(), LONG)
    before = {name: first[name].copy() for name in OUTPUTS}
    child(scene(box=(0, 0, 32, 32), colour=(0, 0, 255)), LONG)
    assert same(first, before)


def test_a_delegate_that_refuses_says_why(behave, start):
    behave("refuse")
    with pytest.raises(Lost, match=r"libstandin\.so refuses .*the stand-in has no device"):
        start().loaded(LONG)


def test_a_crash_while_loading_is_named(behave, start):
    behave("crash")
    with pytest.raises(Lost, match=r"driver crashed \(SIGSEGV\); see that its library was built"):
        start().loaded(LONG)


def test_a_hang_while_loading_keeps_nobody_waiting(behave, start):
    behave("hang")
    child = start()
    assert child.loaded(0.0) is None
    child.close()
    assert not child.running


def test_a_crash_between_two_frames_is_named(behave, start, scene):
    child = start()
    child.loaded(LONG)
    behave("crash")
    with pytest.raises(Lost, match=r"driver crashed \(SIGSEGV\)"):
        while True:
            child(scene(), LONG)


def test_an_answer_that_does_not_come_is_given_up_at_the_deadline(behave, start, scene):
    child = start()
    child.loaded(LONG)
    behave("hang")
    with pytest.raises(Lost, match=r"gave no answer for 0\.2 s"):
        while True:
            child(scene(), SHORT)


def test_a_model_that_is_no_twin_is_refused(behave, standin, tiny_model, network):
    class Twin:
        size = network.size

        def codes(self):
            return network.codes() | {"label": np.zeros(3, np.uint8)}

    child = Child(tiny_model, str(standin), Twin())
    with pytest.raises(Lost, match="has other tensors than its twin for the CPU; convert both"):
        child.loaded(LONG)
    child.close()


def test_a_delegate_that_is_no_library_is_named(behave, start, tmp_path):
    (tmp_path / "text.so").write_text("text")
    with pytest.raises(Lost, match=r"text\.so cannot be loaded .*; see with ldd"):
        start(delegate=str(tmp_path / "text.so")).loaded(LONG)


def test_the_process_needs_neither_opencv_nor_the_command_line():
    program = "import sys, edge.accelerator_child; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert "numpy" in done.stdout.split()
    assert not {"cv2", "click", "edge.image"} & set(done.stdout.split())


def test_a_process_that_hangs_ends_with_the_program_that_started_it(
    behave, standin, tiny_model, tmp_path
):
    behave("hang")
    os.mkfifo(tmp_path / "behaviour.hangs")
    program = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from edge.accelerator_process import Child\n"
        "from edge.runtime import Network\n"
        "model = Path(sys.argv[1])\n"
        "child = Child(model, sys.argv[2], Network(model))\n"
        "print(child.pid, flush=True)\n"
        "input()\n"
        "os._exit(1)\n"  # as a program that was killed: nothing is closed by hand
    )
    arguments = [sys.executable, "-c", program, str(tiny_model), str(standin)]
    with subprocess.Popen(
        arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as parent:
        orphan = os.pidfd_open(int(parent.stdout.readline()))
        (tmp_path / "behaviour.hangs").read_bytes()  # it hangs in the driver now
        parent.communicate(b"\n")
    gone = select.poll()
    gone.register(orphan, select.POLLIN)
    assert gone.poll(1000 * LONG)
    os.close(orphan)


@pytest.fixture
def accelerated(start, network, clock):
    """An accelerator over the stand-in, what it said, and how many frames the CPU answered."""

    def build(**options):
        said, answered = [], []

        def twin(pixels):
            answered.append(pixels)
            return network(pixels)

        whole = Accelerated(start, twin, said.append, now=clock, **{"loading": LONG} | options)
        return whole, said, answered

    return build


def test_frames_go_to_the_accelerator(behave, accelerated, scene, network):
    with accelerated()[0] as whole:
        assert whole.ready
        assert same(whole(scene()), network(scene()))


def test_it_is_said_that_the_accelerator_answers(behave, accelerated, network):
    whole, said, _ = accelerated()
    with whole:
        assert said == [f"the accelerator answers ({network.runtime})"]


@pytest.mark.parametrize("fault", ["crash", "hang"])
def test_after_a_fault_the_cpu_answers_the_same_frame(fault, behave, accelerated, scene, network):
    whole, said, answered = accelerated(deadline=SHORT)
    with whole:
        behave(fault)
        while whole.ready:
            outputs = whole(scene())
        assert len(answered) == 1
        assert same(outputs, network(scene()))
        assert "the CPU goes on, and the accelerator is tried again" in said[-1]


def test_a_refusal_at_the_start_leaves_the_cpu(behave, accelerated, scene):
    behave("refuse")
    whole, said, answered = accelerated()
    with whole:
        assert not whole.ready
        whole(scene())
    assert len(answered) == 1
    assert "the stand-in has no device" in said[0]


def test_after_its_pause_the_accelerator_comes_back(behave, accelerated, scene, clock):
    behave("refuse")
    whole, said, answered = accelerated(pauses=(5.0, 60.0))
    with whole:
        behave("load")
        clock.time += 4.9
        whole(scene())
        assert whole.waits
        clock.time += 0.2
        while not whole.ready:
            whole(scene())
        before = len(answered)
        whole(scene())
        assert len(answered) == before  # by the accelerator
        assert "the accelerator answers" in said[-1]


def test_an_accelerator_that_comes_back_with_wrong_answers_is_not_used(
    behave, accelerated, scene, clock
):
    behave("refuse")
    whole, said, answered = accelerated(pauses=(1.0, 1.0))
    asked = []

    def proof(infer):
        asked.append(infer(scene()))
        raise LocalizerError("it does not answer as it did on the workstation")

    whole.proof = proof
    with whole:
        behave("load")
        clock.time += 1.0
        while not asked:
            whole(scene())
        assert not whole.ready
        assert whole.waits
        before = len(answered)
        whole(scene())
        assert len(answered) == before + 1  # by the CPU
    assert said[-1].startswith("it does not answer as it did on the workstation; the CPU goes on")


def test_a_models_golden_examples_are_the_proof_of_an_accelerator_that_comes_back(
    behave, standin, golden_model
):
    localizer, accelerated, _ = load_accelerated(golden_model, str(standin), 1, print)

    def turned(pixels):
        outputs = dict(localizer.infer(pixels))
        outputs["attention"] = outputs["attention"][::-1, ::-1]
        return outputs

    with accelerated:
        accelerated.proof(localizer.infer)
        with pytest.raises(LocalizerError, match="does not answer as it did on the workstation"):
            accelerated.proof(turned)


def test_the_pause_grows_to_its_limit_and_the_same_refusal_is_told_once(
    behave, accelerated, scene, clock
):
    behave("refuse")
    whole, said, _ = accelerated(pauses=(1.0, 3.0))
    with whole:
        for pause in (1.0, 2.0, 3.0, 3.0):
            clock.time += pause - 0.1
            whole(scene())
            assert whole.waits
            clock.time += 0.2
            whole(scene())
            assert not whole.waits
            while not whole.waits:
                whole(scene())
    assert len(said) == 1


def test_a_model_that_is_never_loaded_is_given_up(behave, accelerated, scene, clock):
    behave("refuse")
    whole, said, _ = accelerated(pauses=(1.0, 1.0))
    with whole:
        behave("hang")
        clock.time += 1.0
        whole(scene())
        clock.time += LONG
        whole(scene())
        assert whole.waits
    assert f"was not loaded within {LONG:g} s; the CPU goes on" in said[-1]


def test_the_edge_tpu_needs_both_files(tmp_path):
    compiled, plain = tmp_path / "pets_edgetpu.tflite", tmp_path / "pets.tflite"
    compiled.touch()
    with pytest.raises(LocalizerError, match=r"pets_edgetpu\.tflite and pets\.tflite side by side"):
        twins(plain, "edgetpu")
    plain.touch()
    assert twins(plain, "edgetpu") == twins(compiled, "edgetpu") == (compiled, plain)


def test_another_delegate_takes_the_plain_file():
    assert twins(Path("a.tflite"), "/lib/other.so") == (Path("a.tflite"), Path("a.tflite"))


def test_a_localizer_answers_through_the_accelerator(behave, standin, tiny_model, scene):
    localizer, whole, runtime = load_accelerated(tiny_model, str(standin), 1, lambda sentence: None)
    with whole:
        assert whole.ready
        assert localizer(scene()).found.label == "red"
    assert runtime.endswith(" 1 thread")


def test_twins_with_different_cards_are_refused(tiny_flatbuffer, tmp_path):
    for name, labels in (("a.tflite", ("red", "blue")), ("a_edgetpu.tflite", ("blue", "red"))):
        content = with_card(tiny_flatbuffer, Card(32, 32, labels))
        (tmp_path / name).write_bytes(content)
    with pytest.raises(LocalizerError, match="carry different cards; convert both again"):
        load_accelerated(tmp_path / "a.tflite", "edgetpu", 1, print)


def test_pixels_that_are_not_contiguous_arrive_whole(behave, start, network, scene):
    child = start()
    child.loaded(LONG)
    mirrored = np.fliplr(scene((0, 0, 16, 32)))
    assert same(child(mirrored, LONG), network(np.ascontiguousarray(mirrored)))
