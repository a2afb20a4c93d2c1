import json
import subprocess
import sys
from types import FunctionType

import nlp_builder.text

PROBE = """
import json, logging, os, random, sys
import numpy as np
before = dict(os.environ), random.getstate(), np.random.get_state()[1].tolist()
import nlp_builder.text
after = dict(os.environ), random.getstate(), np.random.get_state()[1].tolist()
heavy = ["keras", "tensorflow", "jax", "torch", "gensim", "pyarrow", "pandas", "matplotlib"]
heavy += ["pooch", "requests"]
print(json.dumps({
    "loaded": [name for name in heavy if name in sys.modules],
    "unchanged": before == after,
    "handlers": len(logging.getLogger().handlers),
}))
"""


def test_importing_texts_loads_no_framework_and_changes_no_state():
    run = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=True)
    assert json.loads(run.stdout) == {"loaded": [], "unchanged": True, "handlers": 0}
    assert run.stderr == ""


def test_every_public_name_is_there_and_documented():
    values = [getattr(nlp_builder.text, name) for name in nlp_builder.text.__all__]
    assert all(value.__doc__ for value in values if isinstance(value, type | FunctionType))
    assert len(set(nlp_builder.text.__all__)) == len(nlp_builder.text.__all__)
