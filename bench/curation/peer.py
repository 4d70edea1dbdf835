"""What one would write by hand: asyncio and httpx, 64 requests at a time. For each sample it reads the clip's cached
JPEGs, puts them as base64 between their times into a chat request, posts it, reads the reply and writes a row.
Arguments: a JSON file of samples [{id, clip, query}], the server's URL, the file of rows. Prints samples and seconds."""

import asyncio
import base64
import json
import re
import struct
import sys
import time

import httpx

samples_file, url, rows_file = sys.argv[1:4]
answer = re.compile(r"([\d.]+) to ([\d.]+)")


def frames(path):
    """Times and JPEGs of a file of the cache (video/cache/file.ts)."""
    with open(path, "rb") as file:
        data = file.read()
    length = struct.unpack_from("<I", data, 20)[0]
    header = json.loads(data[32 : 32 + length])
    at = 32 + length
    pictures = []
    for size in header["pictures"]:
        pictures.append(data[at : at + size])
        at += size
    return header["times"], [pictures[place] for place in header["shown"]]


def body(sample):
    content = []
    for moment, picture in zip(*frames(sample["clip"])):
        content.append({"type": "text", "text": f"<{moment:.1f} seconds>"})
        data = base64.b64encode(picture).decode()
        content.append({"type": "image_url", "image_url": {"url": f"data:image/jpeg;base64,{data}"}})
    question = f'When does this happen: "{sample["query"]}"? Answer with every time range in seconds as <answer>start to end, start to end</answer>, or <answer>none</answer>.'
    content.append({"type": "text", "text": question})
    return {
        "model": "bench",
        "max_tokens": 64,
        "temperature": 0,
        "messages": [{"role": "user", "content": content}],
    }


async def main():
    with open(samples_file) as file:
        samples = json.load(file)
    todo = iter(samples)
    began = time.perf_counter()
    limits = httpx.Limits(max_connections=64, max_keepalive_connections=64)
    async with httpx.AsyncClient(limits=limits, timeout=60) as client:
        with open(rows_file, "w") as rows:

            async def work():
                for sample in todo:
                    response = await client.post(f"{url}/chat/completions", json=body(sample))
                    response.raise_for_status()
                    reply = response.json()
                    text = reply["choices"][0]["message"]["content"]
                    windows = [[float(a), float(b)] for a, b in answer.findall(text)]
                    row = {"id": sample["id"], "reply": text, "windows": windows, "usage": reply["usage"]}
                    rows.write(json.dumps(row) + "\n")

            await asyncio.gather(*(work() for _ in range(64)))
    print(json.dumps({"samples": len(samples), "seconds": time.perf_counter() - began}))


asyncio.run(main())
