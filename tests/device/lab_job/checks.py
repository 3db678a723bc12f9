"""One line for each thing that was looked at; lab_camera.sh counts them."""

import contextlib
import json
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


def row(
    fault, told, noticed_s, fresh_s, lost, written, counted="its end", place="emulated machine"
):
    """A row of the README's table of faults, for ``python -m benchmarks.faults --lab``."""
    figures = {"noticed_s": round(noticed_s, 2), "fresh_s": round(fresh_s, 2), "lost": lost}
    texts = {"fault": fault, "told": told, "counted": counted, "written": written, "place": place}
    print("row " + json.dumps({**texts, **figures}, ensure_ascii=False), flush=True)
