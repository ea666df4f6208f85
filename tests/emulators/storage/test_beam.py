"""Beam's own way to Cloud Storage, apache_beam.io.gcp.gcsio, finds the emulator by the environment alone."""

from pathlib import Path

import pytest
from google.cloud import storage

from emulators.auth.credentials import write_service_account_key
from tests.emulators.process import running


def test_beams_file_system(bucket: storage.Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from apache_beam.io.filesystems import FileSystems

    with running("auth", tmp_path / "auth") as auth:
        key = tmp_path / "key.json"
        write_service_account_key(key, tmp_path / "auth", auth, "sluice-local")
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(key))
        monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "sluice-local")
        root = f"gs://{bucket.name}/beam"
        for number in range(3):
            with FileSystems.create(f"{root}/{number}.txt") as file:
                file.write(b"line\n" * 100_000)
        (match,) = FileSystems.match([f"{root}/*.txt"])
        assert [(one.path, one.size_in_bytes) for one in match.metadata_list] == [
            (f"{root}/{number}.txt", 500_000) for number in range(3)
        ]
        with FileSystems.open(f"{root}/1.txt") as file:
            assert file.read(10) == b"line\nline\n"
        FileSystems.rename([f"{root}/0.txt"], [f"{root}/moved/0.txt"])
        FileSystems.copy([f"{root}/1.txt"], [f"{root}/moved/1.txt"])
        assert not FileSystems.exists(f"{root}/0.txt")
        FileSystems.delete([f"{root}/moved/0.txt", f"{root}/2.txt"])
        assert sorted(blob.name for blob in bucket.list_blobs()) == ["beam/1.txt", "beam/moved/1.txt"]
