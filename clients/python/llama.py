"""llama.cpp's own server, with a tiny model of random weights that is written here: it shows that the wire is right, not
that the words are. Or with a model that is there.

    python llama.py FOLDER              writes the random model there, serves it on a free port and prints its address
    python llama.py MODEL CONTEXT       serves that file with room for so many tokens
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import gguf
import numpy

CONTEXT = 2048
WIDTH = 64
LAYERS = 2
HEADS = 4
FEED_FORWARD = 128
# Whoever asks is answered by what the weights make of it; the same seed makes the same model.
SEED = 20261128

# Without marks of its own: the server runs the beginning of an answer through the grammar of a schema.
TEMPLATE = (
    "{% for message in messages %}{{ message.role }}: {{ message.content }}\n{% endfor %}"
    "{% if add_generation_prompt %}assistant:{% endif %}"
)


def write_model(path):
    """A Llama of two layers whose tokens are the 256 bytes and a few words, with random weights: about 400 kB."""
    rng = numpy.random.default_rng(SEED)
    words = [f"▁{word}" for word in "the a of tide is high low at and in water".split()]
    specials = ["<unk>", "<s>", "</s>"]
    octets = [f"<0x{number:02X}>" for number in range(256)]
    letters = ["▁", *(chr(code) for code in range(33, 127))]
    tokens = [*specials, *octets, *letters, *words]
    kinds = gguf.TokenType
    types = [kinds.UNKNOWN, kinds.CONTROL, kinds.CONTROL]
    types += [kinds.BYTE] * len(octets) + [kinds.NORMAL] * (len(letters) + len(words))

    writer = gguf.GGUFWriter(str(path), "llama")
    writer.add_name("random")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(FEED_FORWARD)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores([-float(at) for at in range(len(tokens))])
    writer.add_token_types(types)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    # Else the first letters of an answer would be others than those of the template.
    writer.add_add_space_prefix(False)
    writer.add_chat_template(TEMPLATE)

    def add(name, *shape):
        weights = rng.normal(0, 0.4, shape).astype(numpy.float32)
        writer.add_tensor(name, weights)

    add("token_embd.weight", len(tokens), WIDTH)
    add("output.weight", len(tokens), WIDTH)
    writer.add_tensor("output_norm.weight", numpy.ones(WIDTH, dtype=numpy.float32))
    for layer in range(LAYERS):
        for norm in ("attn_norm", "ffn_norm"):
            writer.add_tensor(f"blk.{layer}.{norm}.weight", numpy.ones(WIDTH, dtype=numpy.float32))
        for part in ("attn_q", "attn_k", "attn_v", "attn_output"):
            add(f"blk.{layer}.{part}.weight", WIDTH, WIDTH)
        add(f"blk.{layer}.ffn_gate.weight", FEED_FORWARD, WIDTH)
        add(f"blk.{layer}.ffn_up.weight", FEED_FORWARD, WIDTH)
        add(f"blk.{layer}.ffn_down.weight", WIDTH, FEED_FORWARD)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


class Llama:
    """The server in a process of its own, for as long as the `with` lasts. Without a model, with the random one."""

    def __init__(self, model=None, context=CONTEXT):
        self.served = (str(model), str(context)) if model else None

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        command = [sys.executable, __file__, *(self.served or (self.folder.name,))]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self.address = self.process.stdout.readline().strip()
        if not self.address:
            raise RuntimeError("llama.cpp's server did not start")
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.folder.cleanup()


def serve(model, context):
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(model)
    params.n_ctx = context
    params.n_parallel = 1
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.cpuparams.n_threads = 2
    params.warmup = False
    params.use_jinja = True
    server = xllamacpp.Server(params)
    print(server.listening_address, flush=True)
    # Until whoever started it is gone.
    sys.stdin.read()


if __name__ == "__main__":
    if len(sys.argv) > 2:
        serve(sys.argv[1], int(sys.argv[2]))
    else:
        random = Path(sys.argv[1]) / "random.gguf"
        write_model(random)
        serve(random, CONTEXT)
