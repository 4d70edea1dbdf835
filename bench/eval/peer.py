"""QVHighlights' metrics in numpy, written from their published definition (moment_detr, standalone_eval).

The peer that bench/eval/run.ts is measured against, for machines without a copy of the original. Reads a submission
and the truth (JSON lines) and prints one JSON object: the metrics, unrounded, and the seconds spent on them.
"""

import json
import sys
import time

import numpy as np

THRESHOLDS = [round(0.5 + 0.05 * i, 2) for i in range(10)]
RANGES = {"short": (0, 10), "middle": (10, 30), "long": (30, 150), "full": None}
LEVELS = {"Fair": 2, "Good": 3, "VeryGood": 4}


def pairwise_iou(a, b):
    left = np.maximum(a[:, None, 0], b[None, :, 0])
    right = np.minimum(a[:, None, 1], b[None, :, 1])
    shared = np.clip(right - left, 0, None)
    return shared / ((a[:, 1] - a[:, 0])[:, None] + (b[:, 1] - b[:, 0])[None, :] - shared)


def average_precision(hits, truths):
    cumulated = np.cumsum(hits)
    precision = np.concatenate([[0], cumulated / np.arange(1, len(hits) + 1), [0]])
    recall = np.concatenate([[0], cumulated / truths, [1]])
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    steps = np.nonzero(np.diff(recall))[0] + 1
    return float(np.sum((recall[steps] - recall[steps - 1]) * envelope[steps]))


def query_precisions(windows, truths):
    predicted = np.array(sorted(windows, key=lambda window: -window[2]), dtype=float)
    true = np.array(truths, dtype=float)
    ious = pairwise_iou(predicted[:, :2], true)
    orders = np.argsort(ious, axis=1, kind="stable")[:, ::-1]
    result = []
    for threshold in THRESHOLDS:
        taken = set()
        hits = np.zeros(len(predicted))
        for p in range(len(predicted)):
            for g in orders[p]:
                if ious[p, g] < threshold:
                    break
                if g not in taken:
                    taken.add(g)
                    hits[p] = 1
                    break
        result.append(average_precision(hits, len(true)))
    return result


def moments(submission, truth):
    metrics = {}
    for name, bounds in RANGES.items():
        precisions, ious = [], []
        for qid, row in truth.items():
            windows = row["relevant_windows"]
            if bounds is not None:
                windows = [w for w in windows if bounds[0] < w[1] - w[0] <= bounds[1]]
            predicted = submission[qid]["pred_relevant_windows"]
            if not windows or not predicted:
                continue
            precisions.append(query_precisions(predicted[:10], windows))
            first = np.array([predicted[0][:2]], dtype=float)
            ious.append(float(np.max(pairwise_iou(first, np.array(windows, dtype=float)))))
        mean = np.mean(precisions, axis=0)
        metrics[f"MR-{name}-mAP"] = 100 * float(np.mean(mean))
        for t, threshold in enumerate(THRESHOLDS):
            metrics[f"MR-{name}-mAP@{threshold:g}"] = 100 * float(mean[t])
            metrics[f"MR-{name}-R1@{threshold:g}"] = 100 * float(np.mean(np.array(ious) >= threshold))
    return metrics


def clip_precision(labels, scores):
    positives = labels.sum()
    if positives == 0:
        return 0.0
    if positives == len(labels):
        return 1.0
    order = np.argsort(-scores, kind="stable")
    ends = np.append(np.nonzero(np.diff(scores[order]))[0], len(scores) - 1)
    hits = np.cumsum(labels[order])[ends]
    precision = np.append((hits / (ends + 1))[::-1], 1.0)
    recall = np.append((hits / positives)[::-1], 0.0)
    envelope = np.maximum.accumulate(precision)
    return float(np.mean(envelope[np.nonzero(np.diff(recall.astype(np.float32)))[0]]))


def highlights(submission, truth):
    metrics = {}
    for name, minimum in LEVELS.items():
        precisions, hits = [], []
        for qid, row in truth.items():
            clips = int(row["duration"] / 2)
            scores = np.zeros((clips, 3))
            scores[np.array(row["relevant_clip_ids"], dtype=int)] = np.array(row["saliency_scores"])
            labels = scores >= minimum
            given = np.array(submission[qid]["pred_saliency_scores"], dtype=float)
            padded = np.zeros(clips)
            padded[: min(clips, len(given))] = given[:clips]
            top = int(np.argmax(given))
            hits.append(float(labels[top].max()) if top < clips else 0.0)
            precisions.append([clip_precision(labels[:, k], padded) for k in range(3)])
        metrics[f"HL-min-{name}-mAP"] = 100 * float(np.mean(precisions))
        metrics[f"HL-min-{name}-Hit1"] = 100 * float(np.mean(hits))
    return metrics


def read(path):
    with open(path, encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines if line.strip()]
    return {row["qid"]: row for row in rows}


def main():
    submission, truth = read(sys.argv[1]), read(sys.argv[2])
    start = time.perf_counter()
    metrics = {**moments(submission, truth), **highlights(submission, truth)}
    print(json.dumps({"seconds": time.perf_counter() - start, "metrics": metrics}))


main()
