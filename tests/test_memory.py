"""Memory that was freed stays with the process."""

import platform
import subprocess
import sys

import keras
import pytest

from nlp_builder import keep_freed_memory

# Makes and frees 32 MB ten times, and tells how many pages the system had to give for that.
STEPS = """
import resource, sys
import numpy as np
{before}
def step():
    return [np.ones(2**20, "float32") for _ in range(8)]
step()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    step()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""
on_glibc = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="asks the GNU C library")


def pages_of(before: str) -> int:
    done = subprocess.run(
        [sys.executable, "-c", STEPS.format(before=before)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


@on_glibc
def test_steps_get_no_new_pages_where_memory_is_kept():
    usual = pages_of("")
    kept = pages_of("import nlp_builder; assert nlp_builder.keep_freed_memory()")
    assert usual > 300  # of 4 KB or, where the system gives large ones, of 2 MB
    assert kept < usual / 20


@on_glibc
def test_less_is_kept_than_steps_need():
    assert pages_of("import nlp_builder; assert nlp_builder.keep_freed_memory(1)") > 100


# Reads batches from Python, then tells how many pieces of 4 MB are the system's own.
FITTED = """
import ctypes
import keras
import numpy as np
import nlp_builder
assert nlp_builder.keep_freed_memory(1)
class Batches(keras.utils.PyDataset):
    def __len__(self):
        return 1
    def __getitem__(self, number):
        return np.ones((2, 2)), np.ones(2)
model = keras.Sequential([keras.layers.Dense(1)])
model.compile("sgd", "mse")
model.fit(Batches(), verbose=0)
class Counts(ctypes.Structure):
    _fields_ = [(f"n{number}", ctypes.c_int) for number in range(10)]
library = ctypes.CDLL(None)
library.mallinfo.restype = Counts
before = library.mallinfo().n3
pieces = [np.ones(2**20, "float32") for _ in range(8)]
print(library.mallinfo().n3 - before)
"""


@on_glibc
@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="asks TensorFlow")
def test_tensorflow_does_not_take_it_back_when_it_reads_batches():
    done = subprocess.run([sys.executable, "-c", FITTED], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) == 0


def test_it_says_whether_it_was_done():
    assert keep_freed_memory() is (platform.libc_ver()[0] == "glibc")


@pytest.mark.parametrize("megabytes", [0, -1, 2048])
def test_an_amount_that_cannot_be_kept_is_refused(megabytes):
    with pytest.raises(ValueError, match="megabytes"):
        keep_freed_memory(megabytes)


@pytest.mark.parametrize("megabytes", ["64", 1.5, None, True])
def test_an_amount_that_is_no_whole_number_is_refused(megabytes):
    with pytest.raises(TypeError, match="expected megabytes to be a whole number"):
        keep_freed_memory(megabytes)
