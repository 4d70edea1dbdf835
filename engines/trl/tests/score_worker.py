"""Prints the log-probability of each reply of conversations, of which most have one. Not a test itself: test/engines
starts it with [{"url", "sample", "replies"}] as JSON, one conversation a service; it gives a list for each."""

from __future__ import annotations

import json
import sys

import spanwise_trl  # noqa: F401
import torch

from spanwise_trl.client import Service
from spanwise_trl.clips import Encoder
from spanwise_trl.model import load_model, load_processor
from spanwise_trl.settings import Run
from spanwise_trl.texts import encode


def scores(url: str, sample: str, replies: list[str]) -> list[float]:
    service = Service(url)
    run = Run.read(service.run)
    model, processor = load_model(run).eval(), load_processor(run)
    encoder = Encoder(processor, service)
    (prompt,) = service.prompts(0, [sample])
    said = []
    for number, reply in enumerate(replies):
        if number > 0:
            (prompt,) = service.turns(0, [(sample, 0, replies[:number])])
        clip = encoder(0, prompt)
        tail = [*encode(processor.tokenizer, reply), processor.tokenizer.eos_token_id]
        ids = torch.tensor([[*clip.input_ids, *tail]])
        with torch.no_grad():
            logits = model(
                input_ids=ids,
                attention_mask=torch.ones_like(ids),
                mm_token_type_ids=(ids == processor.video_token_id).int() * 2,
                **clip.vision,
            ).logits[0]
        each = logits[len(clip.input_ids) - 1 : -1].log_softmax(-1).gather(1, torch.tensor(tail)[:, None])
        said.append(float(each.sum()))
    return said


print(json.dumps([scores(**conversation) for conversation in json.loads(sys.argv[1])]))
