"""A real Ray cluster of a head and two nodes on this machine, in a process of its own.

It writes its address, then obeys lines of its input: "kill NAME" kills the node of a name.
"""

import os
import sys

os.environ |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_worker_niceness": "0"}


def answer(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> None:
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
    nodes = {name: cluster.add_node(num_cpus=1) for name in ("first", "second")}
    cluster.wait_for_nodes()
    answer(cluster.address)
    for line in sys.stdin:
        name = line.split()[1]
        cluster.remove_node(nodes.pop(name), allow_graceful=False)
        answer("killed")
    cluster.shutdown()


if __name__ == "__main__":
    main()
