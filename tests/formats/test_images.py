"""Images from folders, archives, IDX and CIFAR: what comes of them, and what is refused."""

import gzip
import io
import pickle
import zipfile
import zlib
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image

from pushforward.studio.formats import FormatError, files
from pushforward.studio.formats.images.arrays import ImageArrays
from pushforward.studio.formats.images.decoding import Undecodable, decoded
from pushforward.studio.formats.images.published_split import is_test
from pushforward.studio.formats.images.safe_pickle import PlainPickleError, plain
from pushforward.studio.formats.inspection import Inspection
from pushforward.studio.formats.pictures import write_images
from tests.fuzz.importers import seeds


def png(pixels: np.ndarray, **more) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", **more)
    return file.getvalue()


def pixels(seed: int, shape: tuple[int, ...] = (4, 4, 3)) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 255, shape, np.uint8)


def brought(paths: list[Path], importer: str = "", **options) -> tuple[Inspection, dict]:
    """Return what is found, and all that is read, which must be as many."""
    found = files.inspect(paths, importer, options)
    assert not found.problems
    rows = files.rows(paths, importer, options)
    blocks = list(rows.blocks)
    all_ = {name: np.concatenate([b[name] for b in blocks]) for name in blocks[0]}
    assert (len(all_["x"]), rows.schema.parts) == (found.rows, found.parts)
    assert rows.schema.classes == found.classes
    return found, all_


class TestPictures:
    def folder(self, tmp_path: Path, name: str = "set") -> Path:
        for number, place in enumerate(["cats/2.png", "dogs/1.png", "dogs/3.png"]):
            path = tmp_path / name / place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(png(pixels(number)))
        return tmp_path / name

    def test_the_class_is_the_folder(self, tmp_path):
        folder = self.folder(tmp_path)
        (folder / "read.md").write_text("about")
        found, rows = brought([folder])
        assert found.importer == "image-files"
        assert found.classes == ["cats", "dogs"]
        assert rows["label"].tolist() == [0, 1, 1]
        expected = np.stack([np.moveaxis(pixels(seed), 2, 0) for seed in range(3)])
        np.testing.assert_array_equal(rows["x"], expected)
        np.testing.assert_allclose(found.preview["x"], expected / 255, atol=6e-4)

    def test_what_is_shown_of_many_is_of_all_their_classes(self, tmp_path):
        """The first six were of the first folder alone."""
        for name, shade in (("a", 0), ("b", 255), ("c", 51)):
            (tmp_path / "set" / name).mkdir(parents=True)
            for number in range(8):
                file = tmp_path / "set" / name / f"{number}.png"
                file.write_bytes(png(np.full((2, 2), shade, np.uint8)))
        found = files.inspect([tmp_path / "set"], "", {})
        assert [each[0][0][0] for each in found.preview["x"]] == [0, 0, 1, 1, 0.2, 0.2]

    def test_a_zip_is_the_same_and_nothing_is_unpacked(self, tmp_path):
        folder = self.folder(tmp_path)
        path = tmp_path / "set.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for file in sorted(folder.rglob("*.png")):
                archive.write(file, f"../../{file.relative_to(folder.parent)}")
        before = sorted(tmp_path.rglob("*"))
        _, rows = brought([path])
        _, same = brought([folder])
        np.testing.assert_array_equal(rows["x"], same["x"])
        np.testing.assert_array_equal(rows["label"], same["label"])
        assert sorted(tmp_path.rglob("*")) == before

    def test_grey_ones_stay_grey_and_others_can_become_it(self, tmp_path):
        grey = pixels(0, (4, 4))
        (tmp_path / "a.png").write_bytes(png(grey))
        (tmp_path / "b.png").write_bytes(png(np.stack([grey] * 3, axis=2)))
        both = [tmp_path / "a.png", tmp_path / "b.png"]
        _, rows = brought(both)
        np.testing.assert_array_equal(rows["x"], np.stack([grey[None]] * 2))
        _, rows = brought(both, "image-files", colour="colour")
        assert rows["x"].shape == (2, 3, 4, 4)
        (tmp_path / "c.png").write_bytes(png(pixels(1)))
        _, rows = brought([tmp_path / "c.png"], "image-files", colour="grey")
        light = np.rint(pixels(1) @ [0.299, 0.587, 0.114])
        np.testing.assert_array_equal(rows["x"][0, 0], light)

    def test_sizes_are_brought_to_one(self, tmp_path):
        (tmp_path / "a.png").write_bytes(png(np.full((8, 8, 3), 90, np.uint8)))
        wide = np.zeros((8, 24, 3), np.uint8)
        wide[:, 8:16] = 200  # the middle square
        (tmp_path / "b.png").write_bytes(png(wide))
        both = [tmp_path / "a.png", tmp_path / "b.png"]
        [problem] = files.inspect(both).problems
        assert "2 sizes, from 8 x 8 to 24 x 8 pixels" in problem
        with pytest.raises(FormatError, match="2 sizes"):
            files.rows(both)
        found, cut = brought(both, "image-files", side=4)
        said = "8 x 8 to 24 x 8 pixels: cropped to the central square and resized to 4"
        assert said in found.notes[0]
        assert cut["x"].shape == (2, 1, 4, 4)  # all of them are grey
        assert (cut["x"][0] == 90).all()
        assert (cut["x"][1] == 200).all()
        found, stretched = brought(both, "image-files", side=4, fit="stretch")
        assert "each is stretched to 4 x 4 pixels" in found.notes[0]
        assert stretched["x"][1, 0, 0, 0] < 100

    def test_transparency_is_laid_on_white_and_two_bytes_become_one(self):
        clear = np.zeros((2, 2, 4), np.uint8)
        assert (decoded(png(clear)) == 255).all()
        deep = np.array([[0, 257 * 100], [65_535, 257]], np.uint16)
        np.testing.assert_array_equal(decoded(png(deep)), [[0, 100], [255, 1]])

    def test_damaged_ones_are_left_out_or_stop_it(self, tmp_path):
        folder = self.folder(tmp_path)
        whole = (folder / "cats/2.png").read_bytes()
        (folder / "cats/9.png").write_bytes(whole[: len(whole) // 2])
        (folder / "dogs/8.png").write_bytes(b"no picture")
        found, rows = brought([folder])
        assert len(rows["x"]) == 3
        assert any(note.startswith("2 of 5 pictures cannot be read") for note in found.notes)
        assert any("dogs/8.png is no PNG, JPEG" in note for note in found.notes)
        stopped = files.inspect([folder], "image-files", {"damaged": "stop"})
        assert "cats/9.png is damaged" in stopped.problems[0]
        with pytest.raises(FormatError, match=r"2 of 5 pictures cannot be read: cats/9\.png"):
            files.rows([folder], "image-files", {"damaged": "stop"})

    def test_each_that_is_left_out_is_named_in_the_notes(self, tmp_path):
        folder = self.folder(tmp_path)
        for i in range(40):
            (folder / f"cats/bad{i:02}.png").write_bytes(b"no picture")
        notes = files.inspect([folder]).notes
        place = notes.index("40 of 43 pictures cannot be read and are left out.")
        assert len(notes) == place + 41
        for i, note in enumerate(notes[place + 1 :]):
            assert note.startswith(f"cats/bad{i:02}.png is no PNG")
        found = files.inspect([folder], "image-files", {"damaged": "stop"})
        assert "And 37 more. Skip or repair them" in found.problems[0]
        assert found.notes[-41:] == ["These cannot be read.", *notes[place + 1 :]]

    def test_a_bomb_is_not_unpacked(self, tmp_path):
        """100,000 x 100,000 pixels in a hundred bytes."""
        body = b"IHDR" + (100_000).to_bytes(4, "big") * 2 + b"\x08\x02\0\0\0"
        bomb = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\r" + body + zlib.crc32(body).to_bytes(4, "big")
        with pytest.raises(Undecodable, match="50,000,000"):
            decoded(bomb + b"\0\0\0\0IEND\xaeB`\x82")
        path = tmp_path / "bomb.png"
        path.write_bytes(bomb + b"\0\0\0\0IEND\xaeB`\x82")
        found = files.inspect([path], "image-files")
        assert found.notes == [], "it is said once"
        assert found.problems[0].endswith("or resize them.")

    def test_an_archive_that_unpacks_to_too_much_is_refused(self, tmp_path, monkeypatch):
        path = tmp_path / "bomb.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a.png", b"\0" * 10**6)
            archive.writestr("b.png", png(pixels(0)))
        monkeypatch.setattr("pushforward.studio.formats.images.image_sources.MOST_BYTES", 10**5)
        found, rows = brought([path], "image-files")
        assert len(rows["x"]) == 1
        assert "a.png has more than" in found.notes[0]

    def test_a_bomb_is_refused_by_its_directory_with_its_size(self, tmp_path, monkeypatch):
        """And not said to be of no importer, whichever of them would have been asked."""
        path = tmp_path / "bomb.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a.png", b"\0" * 10**6)
            archive.writestr("other.txt", b"\0" * 10**6)
        monkeypatch.setattr("zipfile.ZipFile.open", pytest.fail)
        monkeypatch.setattr("pushforward.studio.formats.archives.MOST_UNPACKED", 10**5)
        for ask in (files.inspect, files.rows):
            with pytest.raises(FormatError, match=r"would become 2\.0 MB; the limit is 100\.0 kB"):
                ask([path])
        monkeypatch.setattr("pushforward.studio.formats.archives.MOST_UNPACKED", 10**7)
        monkeypatch.setattr("pushforward.studio.formats.archives.SMALL", 10**5)
        with pytest.raises(FormatError, match=r"\d+ times as much; the limit is 100 times"):
            files.inspect([path])

    def test_of_a_member_no_more_is_unpacked_than_it_declares(self, tmp_path):
        path = tmp_path / "liar.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a.png", b"\0" * 10**7)
        whole = bytearray(path.read_bytes())
        entry = whole.index(b"PK\x01\x02")
        whole[entry + 24 : entry + 28] = (1000).to_bytes(4, "little")
        path.write_bytes(whole)
        found = files.inspect([path], "image-files")
        assert "a.png is damaged (Bad CRC-32" in found.problems[0]

    def test_an_archive_without_its_end_says_so(self, tmp_path):
        path = tmp_path / "a.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("cats/1.png", b"\x89PNG" + bytes(900))
        path.write_bytes(path.read_bytes()[:600])
        with pytest.raises(FormatError, match=r"a.zip is damaged: .* its end is missing"):
            files.inspect([path])

    def test_an_archive_without_files_says_so(self, tmp_path):
        path = tmp_path / "empty.zip"
        zipfile.ZipFile(path, "w").close()
        with pytest.raises(FormatError, match=r"empty.zip holds no files"):
            files.inspect([path])

    def test_a_locked_archive_and_one_without_pictures_are_refused(self, tmp_path):
        path = tmp_path / "set.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("a.png", png(pixels(0)))
        whole = bytearray(path.read_bytes())
        for magic, at in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
            whole[whole.index(magic) + at] |= 1
        path.write_bytes(whole)
        with pytest.raises(FormatError, match="protected by a password"):
            files.inspect([path], "image-files")
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("a.txt", "text")
        with pytest.raises(FormatError, match=r"No importer takes set\.zip"):
            files.inspect([path])

    def test_links_that_lead_in_a_circle_are_not_followed(self, tmp_path):
        folder = self.folder(tmp_path)
        (folder / "dogs/again").symlink_to(folder, target_is_directory=True)
        assert brought([folder])[0].rows == 3


class TestIdx:
    def write(self, path: Path, array: np.ndarray, *, cut: int = 0) -> Path:
        head = b"\0\0\x08" + bytes([array.ndim]) + np.array(array.shape, ">u4").tobytes()
        whole = head + array.tobytes()
        whole = whole[: len(whole) - cut]
        path.write_bytes(gzip.compress(whole) if path.suffix == ".gz" else whole)
        return path

    def pair(self, folder: Path, name: str, seed: int, n: int = 6) -> list[Path]:
        images = self.write(folder / f"{name}-images-idx3-ubyte.gz", pixels(seed, (n, 4, 5)))
        return [images, self.write(folder / f"{name}-labels-idx1-ubyte", np.arange(n, dtype="u1"))]

    def test_images_find_their_labels_by_name(self, tmp_path):
        one, two = self.pair(tmp_path, "train", 0), self.pair(tmp_path, "t10k", 1, n=3)
        found, rows = brought([one[1], two[0], two[1], one[0]])
        assert found.importer == "idx"
        assert rows["label"].tolist() == [0, 1, 2, 3, 4, 5, 0, 1, 2]
        expected = np.concatenate([pixels(0, (6, 4, 5)), pixels(1, (3, 4, 5))])
        np.testing.assert_array_equal(rows["x"][:, 0], expected)
        assert found.notes == ["t10k-images-idx3-ubyte.gz is the test set, as published."]

    def test_what_its_makers_test_with_stays_what_tests(self, tmp_path):
        one, two = self.pair(tmp_path, "train", 0), self.pair(tmp_path, "t10k", 1, n=3)
        assert files.rows([*two, *one]).schema.last == 3
        assert files.rows(one).schema.last == 0
        assert files.rows(two).schema.last == 0, "alone they are all there is"
        more = self.pair(tmp_path, "other", 2)
        assert any("chosen by the seed" in n for n in files.inspect([*one, *more]).notes)

    def test_a_folder_of_them_is_taken_together(self, tmp_path):
        self.pair(tmp_path, "train", 0)
        assert brought([tmp_path])[0].rows == 6

    def test_what_does_not_fit_is_refused(self, tmp_path):
        images, labels = self.pair(tmp_path, "train", 0)
        self.write(labels, np.arange(5, dtype="u1"))
        with pytest.raises(FormatError, match=r"5 labels, and .* 6 images"):
            files.inspect([images, labels])
        with pytest.raises(FormatError, match="holds no images"):
            files.inspect([labels], "idx")
        self.write(images, pixels(0, (6, 4, 5)), cut=7)
        with pytest.raises(FormatError, match="120 bytes are announced, and 113 are there"):
            list(files.rows([images]).blocks)
        packed = images.read_bytes()
        images.write_bytes(packed[:-12])
        with pytest.raises(FormatError, match="damaged"):
            list(files.rows([images]).blocks)


class TestArrays:
    @pytest.mark.parametrize(
        ("array", "black", "white"),
        [
            (pixels(0, (5, 6, 7)), 0, 255),
            (pixels(0, (5, 6, 7, 3)), 0, 255),
            (np.moveaxis(pixels(0, (5, 6, 7, 3)), 3, 1), 0, 255),
            (pixels(0, (5, 6, 7, 1)).astype(np.int64), 0, 255),
            (np.asfortranarray(pixels(0, (5, 6, 7))), 0, 255),
            (pixels(0, (5, 6, 7, 3)) / np.float32(255), 0, 1),
            (pixels(0, (5, 6, 7)) / 127.5 - 1, -1, 1),
        ],
    )
    @pytest.mark.parametrize("ending", [".npy", ".npz", ".h5"])
    def test_values_and_axes_are_told_by_how_they_look(self, tmp_path, array, black, white, ending):
        path = tmp_path / f"a{ending}"
        if ending == ".npy":
            np.save(path, array)
        elif ending == ".npz":
            np.savez(path, images=array, labels=np.arange(5), other=np.zeros((5, 8, 8)))
        else:
            with h5py.File(path, "w") as file:
                file["set/images"], file["set/labels"] = array, np.arange(5)
        found, rows = brought([path], "image-arrays")
        assert ("label" in rows) == (ending != ".npy")
        expected = pixels(0, (5, 6, 7, 3) if 3 in array.shape else (5, 6, 7))
        expected = expected[:, None] if expected.ndim == 3 else np.moveaxis(expected, 3, 1)
        np.testing.assert_array_equal(rows["x"], expected)
        said = f"black is {black} and white {white}"
        assert any(said in note for note in found.notes) == (black != 0 or white != 255)

    def test_what_was_exported_comes_back(self, tmp_path):
        x = np.moveaxis(pixels(0, (5, 6, 7, 3)), 3, 1)
        for ending in (".npz", ".h5"):
            write_images(tmp_path / f"a{ending}", x / 255.0)
            _, rows = brought([tmp_path / f"a{ending}"], "image-arrays")
            np.testing.assert_array_equal(rows["x"], x)

    @pytest.mark.parametrize("kind", ["U", "S"])
    def test_an_array_of_texts_names_the_classes(self, tmp_path, kind):
        x, labels = pixels(0, (4, 6, 6)), np.array([0, 2, 1, 1])
        names = np.array(["face", "animal", "food"]).astype(kind)
        each = np.array(["a smile", "an apple", "a cat", "a dog"]).astype(kind)
        path = tmp_path / "a.npz"
        np.savez(path, images=x, labels=labels, names=each, classes=names)
        assert files.inspect([path]).classes == ["face", "animal", "food"]
        assert files.rows([path]).schema.classes == ["face", "animal", "food"]
        np.savez(path, images=x, labels=labels, classes=names[:2])
        assert files.inspect([path]).classes == ["0", "1", "2"], "a class without a name"

    def test_images_that_are_shown_are_from_all_over_the_file(self, tmp_path):
        x = np.arange(60, dtype=np.uint8)[:, None, None] * np.ones((1, 6, 6), np.uint8)
        np.save(tmp_path / "a.npy", x)
        shown = np.array(files.inspect([tmp_path / "a.npy"]).preview["x"])
        assert (shown.min(), round(float(shown.max()) * 255)) == (0, 59)

    def test_values_that_do_not_fit_are_said_and_may_be_spanned(self, tmp_path):
        path = tmp_path / "a.npy"
        np.save(path, np.arange(5 * 36, dtype=np.float32).reshape(5, 6, 6) * 4)
        [problem] = files.inspect([path], "image-arrays").problems
        assert "go from 0 to 716, and not from 0 to 255" in problem
        _, rows = brought([path], "image-arrays", values="span")
        assert rows["x"].min() == 0
        assert rows["x"].max() == 255
        np.save(path, np.full((5, 6, 6), np.nan))
        assert "not finite" in files.inspect([path], "image-arrays").problems[0]

    def test_an_image_with_a_value_that_is_not_finite_is_left_out_and_counted(self, tmp_path):
        path = tmp_path / "a.npz"
        x = pixels(0, (9, 6, 6)).astype(np.float32) / 255
        broken = x.copy()
        broken[0, 2, 3], broken[7, 0, 0] = np.nan, np.inf
        np.savez(path, images=broken, labels=np.arange(9))
        found, rows = brought([path])
        kept = [1, 2, 3, 4, 5, 6, 8]
        assert found.rows == 7
        np.testing.assert_array_equal(rows["x"][:, 0], pixels(0, (9, 6, 6))[kept])
        np.testing.assert_array_equal(rows["label"], kept)
        [said] = [note for note in found.notes if "left out" in note]
        assert said == (
            "a.npz: 2 of 9 images left out: a value is not finite (the first is image 0, counted "
            "from 0)."
        )
        # Those that test still stand last, without the one that is left out.
        parts = tmp_path / "parts.npz"
        np.savez(parts, x_train=broken[1:6], x_test=broken[6:])
        taken = files.rows([parts], "image-arrays", {})
        assert (taken.schema.last, taken.total) == (2, 7)

    def test_parts_of_the_data_are_taken_together_and_what_tests_stands_last(self, tmp_path):
        x = pixels(0, (9, 6, 7))
        labels = np.arange(9)
        keras = tmp_path / "keras.npz"
        np.savez(keras, x_test=x[6:], y_test=labels[6:], x_train=x[:6], y_train=labels[:6])
        medical = tmp_path / "medical.npz"
        np.savez(
            medical, train_images=x[:4], train_labels=labels[:4, None], val_images=x[4:6],
            val_labels=labels[4:6, None], test_images=x[6:], test_labels=labels[6:, None],
        )  # fmt: skip
        nested = tmp_path / "nested.h5"
        with h5py.File(nested, "w") as file:
            for part, rows in (("test", slice(6, None)), ("train", slice(6))):
                file[f"{part}/images"], file[f"{part}/labels"] = x[rows], labels[rows]
        for path in (keras, medical, nested):
            found, rows = brought([path])
            assert found.importer == "image-arrays"
            np.testing.assert_array_equal(rows["x"][:, 0], x)
            np.testing.assert_array_equal(rows["label"], labels)
            assert files.rows([path]).schema.last == 3
            assert any("is the test set" in note for note in found.notes)

    def test_two_arrays_of_the_same_part_are_not_guessed_between(self, tmp_path):
        x = pixels(0, (9, 6, 7))
        np.savez(tmp_path / "a.npz", x_train=x, images=x)
        np.savez(tmp_path / "b.npz", x_train=x, data_test=x)
        for name in ("a.npz", "b.npz"):
            assert not ImageArrays().claims(tmp_path / name)

    def test_labels_that_are_not_as_many_are_left_out_and_said(self, tmp_path):
        path = tmp_path / "a.npz"
        np.savez(path, images=pixels(0, (12, 6, 7)), labels=np.arange(9))
        found, rows = brought([path], "image-arrays")
        assert "label" not in rows
        assert found.notes == ["a.npz: labels has 9 values for 12 images, and is left out."]

    def test_tables_and_clouds_are_no_images(self, tmp_path):
        for name, array in (("table", np.zeros((9, 8))), ("cloud", np.zeros((9, 30, 3)))):
            np.save(tmp_path / f"{name}.npy", array)
            assert not ImageArrays().claims(tmp_path / f"{name}.npy")


class TestCifar:
    def test_what_python_2_wrote_and_what_numpy_writes_are_the_same(self, tmp_path):
        old, new = seeds("cifar", tmp_path)
        expected = np.random.default_rng(5).integers(0, 255, (3, 3072), np.uint8)
        for name, content in (("data_batch_1", old), ("data_batch_2", new)):
            (tmp_path / name).write_bytes(content)
            _, rows = brought([tmp_path / name])
            np.testing.assert_array_equal(rows["x"].reshape(3, -1), expected)
            assert rows["label"].tolist() == [1, 0, 2]

    def test_the_folder_names_the_classes(self, tmp_path):
        (tmp_path / "data_batch_1").write_bytes(seeds("cifar", tmp_path)[0])
        names = {"label_names": ["plane", "car", "bird"], "num_cases_per_batch": 3}
        (tmp_path / "batches.meta").write_bytes(pickle.dumps(names, protocol=2))
        found, _ = brought([tmp_path])
        assert (found.importer, found.classes) == ("cifar", ["plane", "car", "bird"])
        found, _ = brought([tmp_path / "data_batch_1"])
        assert found.classes == ["plane", "car", "bird"], "also where one file is chosen"
        (tmp_path / "batches.meta").write_bytes(b"anything")
        assert files.inspect([tmp_path / "data_batch_1"]).classes == ["0", "1", "2"]
        (tmp_path / "batches.meta").write_bytes(pickle.dumps({"label_names": ["plane"]}, 2))
        with pytest.raises(FormatError, match="of class 2, and there are 1"):
            files.inspect([tmp_path])

    def test_what_its_makers_test_with_stands_last_and_is_all_that_tests(self, tmp_path):
        one, two = seeds("cifar", tmp_path)
        for name, content in (("test_batch", two), ("z_batch_1", one), ("z_batch_2", one)):
            (tmp_path / name).write_bytes(content)
        paths = [tmp_path / name for name in ("test_batch", "z_batch_1", "z_batch_2")]
        found = files.inspect(paths)
        assert found.notes == ["test_batch is the test set, as published."]
        rows = files.rows(paths)
        assert (rows.schema.last, rows.total) == (3, 9)
        last = np.concatenate([block["x"] for block in rows.blocks])[-3:]
        (own,) = files.rows(paths[:1]).blocks
        np.testing.assert_array_equal(last, own["x"])

    def test_code_in_it_is_refused_and_never_run(self, tmp_path):
        done = tmp_path / "done"

        class Evil:
            def __reduce__(self):
                return (Path.touch, (done,))

        path = tmp_path / "data_batch_1"
        for protocol in (0, 2, 4):
            path.write_bytes(pickle.dumps({"data": Evil(), "labels": [1]}, protocol))
            with pytest.raises(FormatError, match="which is refused"):
                files.inspect([path], "cifar")
        assert not done.exists()

    @pytest.mark.parametrize(
        ("program", "words"),
        [
            (b"cos\nsystem\n(S'true'\ntR.", r"it would run os\.system"),
            (b"c_codecs\nencode\n(X\x01\x00\x00\x00aX\x05\x00\x00\x00rot13tR.", "would run code"),
            (b"(icollections\nOrderedDict\n.", "it uses INST"),
            (b"\x80\x02\x81.", "it uses NEWOBJ"),
            (b"\x80\x02]", "it is damaged"),
            (b"\x80\x02R.", "it is damaged"),
            (b"\x80\x02}(U\x01a", "it is damaged"),
            (b"\x80\x02]\x94r\xff\xff\xff\x7fa.", "it is damaged"),
        ],
    )
    def test_only_commands_of_plain_data_are_known(self, program, words):
        with pytest.raises(PlainPickleError, match=words):
            plain(program)

    def test_a_text_that_is_asked_for_again_and_again_is_no_bomb(self):
        text = b"X\x10\x27\x00\x00" + b"a" * 10_000 + b"q\x00"
        again = b"c_codecs\nencode\nh\x00X\x06\x00\x00\x00latin1\x86R"
        with pytest.raises(PlainPickleError, match="far more than its size"):
            plain(b"\x80\x02(" + text + again * 50 + b"l.")

    def test_plain_data_come_back(self):
        data = {"a": [1, 2, 70_000, -3], "b": ("x", None, True), "c": {"d": []}}
        for protocol in range(6):
            assert plain(pickle.dumps(data, protocol)) == data


@pytest.mark.parametrize(
    ("name", "test"),
    [
        ("test_batch", True), ("t10k-images-idx3-ubyte.gz", True), ("test", True),
        ("emnist-letters-test-images-idx3-ubyte", True), ("data_batch_1", False),
        ("train", False), ("latest-images-idx3-ubyte", False), ("contest.bin", False),
    ],
)  # fmt: skip
def test_files_that_test_are_known_by_their_names(name, test):
    assert is_test(name) is test
