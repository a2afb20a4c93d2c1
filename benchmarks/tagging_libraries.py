"""The taggers that tagging.py times, each in a process, and an environment, of its own.

Each is trained for a moment on the same sentences, so that it finds entities to write down, and
then takes strings, whose tokens have blanks between them, to entities. None is trained to be good:
what is compared is throughput.
"""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
import time
from pathlib import Path

from torch_threads import take_faster_threads
from turns import serve

MINIBATCH, PREDICTED_AT_ONCE, TRIED = 32, 256, 200


def ours(case):
    """GloVe and a digest of characters under a BiLSTM and a CRF."""
    import nlp_builder
    from nlp_builder.labeling import BiLSTM_CRF_Model
    from nlp_builder.text import tokenize

    words = nlp_builder.PreTrainedWordEmbeddingSequence(case["vectors"], None, None, lowercase=True)
    characters = nlp_builder.CharPerWordEmbeddingSequence(None, 25, word_maxlen=None)
    digest = nlp_builder.RNNDigest(characters, 25, "lstm", bidirectional=True)
    tagger = BiLSTM_CRF_Model(
        [words, digest], hyper_parameters={"layer_blstm": {"units": 100}}, random_seed=1
    )
    tagger.fit(case["tokens"], case["tags"], batch_size=MINIBATCH, epochs=1, verbose=0)
    tagger.save(case["model"])
    return lambda: tagger.predict_entities(list(tokenize(case["texts"], "whitespace")))


def tags_alone(case):
    """The model of `ours`, without entities and how sure they are."""
    import nlp_builder
    from nlp_builder.text import tokenize

    tagger = nlp_builder.load(case["model"])
    return lambda: tagger.predict(list(tokenize(case["texts"], "whitespace")))


def command_line(case):
    """The model of `ours`; it counts its seconds itself, without those to load."""
    folder = Path(case["model"]).parent
    (folder / "texts.txt").write_text("\n".join(case["texts"]) + "\n", "utf-8")
    command = [sys.executable, "-m", "nlp_builder", "tag", "--model", case["model"]]
    command += ["--tokenizer", "whitespace", "--output", "jsonl", "--out", folder / "out.jsonl"]

    def run():
        ended = subprocess.run(
            [*command, folder / "texts.txt"], check=True, capture_output=True, text=True
        )
        return float(re.search(r"tokens in ([\d.]+) s", ended.stderr)[1])

    return run


def spacy(case):
    """A blank pipeline with its entity recognizer at its defaults: no hub, no vectors."""
    import spacy
    from spacy.tokens import Doc, Span
    from spacy.training import Example

    spacy.util.fix_random_seed(1)
    nlp = spacy.blank("en")
    nlp.add_pipe("ner")
    examples = []
    for tokens, spans in zip(case["tokens"], case["spans"], strict=True):
        gold = Doc(nlp.vocab, words=tokens)
        gold.ents = [Span(gold, start, end, label) for label, start, end in spans]
        examples.append(Example(Doc(nlp.vocab, words=tokens), gold))
    optimizer = nlp.initialize(lambda: examples)
    for batch in spacy.util.minibatch(examples, MINIBATCH):
        nlp.update(batch, sgd=optimizer)
    return lambda: [
        [(entity.label_, entity.start, entity.end, entity.text) for entity in text.ents]
        for text in nlp.pipe(case["texts"], batch_size=PREDICTED_AT_ONCE)
    ]


def flair(case):
    """Its LSTM of 256 units and CRF on GloVe and characters: its own embeddings are on a hub."""
    import torch
    from flair.data import Sentence

    random.seed(1)
    torch.manual_seed(1)
    sentences = flair_sentences(case)
    tagger = flair_tagger(case)
    all_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    train_flair(tagger, sentences)

    def tag(number=None):
        texts = [Sentence(text, use_tokenizer=False) for text in case["texts"][:number]]
        tagger.predict(texts)  # 32 at once, its default, which is faster than 256
        return [
            [(span.tag, span[0].idx - 1, span[-1].idx, span.text) for span in text.get_spans("ner")]
            for text in texts
        ]

    torch.set_num_threads(all_threads)
    take_faster_threads(lambda: tag(TRIED))
    return tag


def flair_sentences(case):
    from flair.data import Sentence

    sentences = []
    for tokens, spans in zip(case["tokens"], case["spans"], strict=True):
        sentences.append(Sentence(tokens))
        for label, start, end in spans:
            sentences[-1][start:end].add_label("ner", label)
    return sentences


def flair_tagger(case):
    from flair.data import Dictionary
    from flair.embeddings import CharacterEmbeddings, StackedEmbeddings, WordEmbeddings
    from flair.models import SequenceTagger

    labels = Dictionary(add_unk=False)
    for label in sorted({label for spans in case["spans"] for label, _, _ in spans}):
        labels.add_item(label)
    labels.span_labels = True
    alphabet = Dictionary()
    for character in sorted({c for text in case["tokens"] for token in text for c in token}):
        alphabet.add_item(character)
    alphabet.save(f"{case['model']}.characters")  # Flair's own alphabet would be downloaded
    characters = CharacterEmbeddings(f"{case['model']}.characters")
    return SequenceTagger(
        embeddings=StackedEmbeddings([WordEmbeddings(case["vectors"]), characters]),
        tag_dictionary=labels,
        tag_type="ner",
    )


def train_flair(tagger, sentences):
    """Train it for one pass: what is compared is how fast it tags."""
    import torch

    optimizer = torch.optim.Adam(tagger.parameters(), 2e-3)
    tagger.train()
    for start in range(0, len(sentences), MINIBATCH):
        optimizer.zero_grad()
        loss, _ = tagger.forward_loss(sentences[start : start + MINIBATCH])
        loss.backward()
        optimizer.step()
    tagger.eval()


LIBRARIES = {
    "ours": ours,
    "tags alone": tags_alone,
    "command line": command_line,
    "spaCy": spacy,
    "Flair": flair,
}


def main() -> None:
    taggers = []

    def answer(case=""):
        """Prepare a tagger and tell how many entities it finds, or the seconds that it takes."""
        if case:
            taggers.append(LIBRARIES[sys.argv[1]](json.loads(Path(case).read_text("utf-8"))))
        start = time.perf_counter()
        found = taggers[-1]()
        seconds = time.perf_counter() - start
        if isinstance(found, float):
            return found
        return sum(map(len, found)) if case else seconds

    serve(answer)


if __name__ == "__main__":
    main()
