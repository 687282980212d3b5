"""One of the workers of test_distributed: takes some steps; the first one prints its losses.

Usage: workers.py FRAMEWORK, where the framework may be "mirrored": TensorFlow with two devices in
one process.
"""

import json
import sys
from itertools import islice
from pathlib import Path

CASES = ((50, 9000), (4, 97))
"""Steps and training images. The second has a last batch of 1 image, so that one worker gets none.
"""


def main() -> None:
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from benchmarks.framework import Framework
    from deconv.running.workers import Workers
    from deconv.weights import initial_weights

    name = sys.argv[1]
    workers = None
    if name == "mirrored":  # two devices of one process; here both are the CPU
        import tensorflow as tf

        cpu = tf.config.list_physical_devices("CPU")[0]
        tf.config.set_logical_device_configuration(
            cpu, [tf.config.LogicalDeviceConfiguration()] * 2
        )
        workers = Workers(scope=tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]).scope)
    framework = Framework("tensorflow" if name == "mirrored" else name)
    device = framework.config.detect_device("cpu")
    workers = workers or framework.distributed.join_workers(device)
    with workers.scope():
        for steps, limit in CASES:
            config = framework.config.Config(dataset="synthetic", device="cpu", limit=limit)
            model = framework.build(initial_weights(0))
            optimizer = framework.optimizer.build_optimizer(model, config)
            step, _ = framework.distributed.choose_step(config, device, workers)
            batches, _, _ = framework.data.build_datasets(config)
            losses = [
                float(step(model, optimizer, images, targets))
                for images, targets in islice(batches, steps)
            ]
            if workers.leads:
                print(json.dumps(losses), flush=True)


if __name__ == "__main__":
    main()
