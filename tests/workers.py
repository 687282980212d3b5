"""One of the workers of test_distributed: takes some steps; the first one prints its losses.

Usage: workers.py FRAMEWORK STEPS IMAGES, where the framework may be "mirrored": TensorFlow with two
devices in one process.
"""

import json
import sys
from itertools import islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))


def main() -> None:
    from conftest import Framework

    from deconv.fashion_mnist import load_splits
    from deconv.weights import initial_weights
    from deconv.workers import Workers

    name, steps, limit = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    if name == "mirrored":  # two devices of one process; here both are the CPU
        import tensorflow as tf

        cpu = tf.config.list_physical_devices("CPU")[0]
        tf.config.set_logical_device_configuration(
            cpu, [tf.config.LogicalDeviceConfiguration()] * 2
        )
        workers = Workers(scope=tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]).scope)
        framework = Framework("tensorflow")
    else:
        framework = Framework(name)
        workers = None
    config = framework.config.Config(dataset="synthetic", device="cpu", limit=limit)
    distributed = framework.distributed
    workers = workers or distributed.join_workers(framework.config.detect_device("cpu"))
    with workers.scope():
        model = framework.build(initial_weights(0))
        optimizer = framework.engine.build_optimizer(model, config)
        step = distributed.share_step(config, workers)
        batches, _, _ = framework.data.build_datasets(config, load_splits(config), 0, workers)
        losses = [
            float(step(model, optimizer, images, targets))
            for images, targets in islice(batches, steps)
        ]
        if workers.leads:
            print(json.dumps(losses), flush=True)


if __name__ == "__main__":
    main()
