"""Numbers of nodes stand where no edge runs."""

import numpy as np

from pushforward.studio.app.data_types.graphs.graph_plane import clear_places


def apart(place, begin, end):
    along = end - begin
    share = np.clip((place - begin) @ along / (along @ along), 0.0, 1.0)
    return np.linalg.norm(place - begin - share * along)


def test_a_number_stands_beside_its_node_and_off_all_edges_and_nodes():
    """A path across, whose numbers away from the middle lay on its edges."""
    points = np.array([[0.0, 0.0], [40.0, 0.0], [80.0, 0.0], [120.0, 0.0], [40.0, 40.0]])
    first, second = np.array([0, 1, 2, 1]), np.array([1, 2, 3, 4])
    places = clear_places(points, first, second, 12.0)
    assert np.allclose(np.linalg.norm(places - points, axis=1), 12.0)
    for place in places:
        edges = zip(points[first], points[second], strict=True)
        assert min(apart(place, *edge) for edge in edges) > 8.0
    assert places[0][0] < 0.0, "outwards, where several ways are free"
    assert places[3][0] > 120.0
    alone = clear_places(np.zeros((1, 2)), np.empty(0, int), np.empty(0, int), 9.0)
    assert np.allclose(np.linalg.norm(alone), 9.0)
