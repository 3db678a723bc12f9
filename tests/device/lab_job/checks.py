"""One line for each thing that was looked at; lab_camera.sh counts them."""

import contextlib
import traceback


@contextlib.contextmanager
def check(sentence):
    """What raises within is a failure of ``sentence``, and no reason not to look at the rest."""
    try:
        yield
    except Exception as error:
        line = traceback.extract_tb(error.__traceback__)[-1].line
        said = " ".join(str(error).split()) or line
        print(f"FAILED {sentence}: {type(error).__name__}: {said:.400}", flush=True)
    else:
        print(f"ok {sentence}", flush=True)


def measured(sentence, seconds, most):
    """A figure and its limit, both in seconds."""
    with check(f"{sentence}: {seconds:.2f} s, at most {most:g} s"):
        assert seconds <= most, "too late"
