# A managed folder a source, in landing and bronze: rights on one source's files are granted there, and not on the bucket.
resource "google_storage_managed_folder" "source" {
  for_each = {
    for pair in setproduct(["landing", "bronze"], var.managed_folders) : "${pair[0]} ${pair[1]}" => { role = pair[0], source = pair[1] }
  }

  bucket        = google_storage_bucket.this[each.value.role].name
  name          = "${each.value.source}/"
  force_destroy = var.force_destroy
}
