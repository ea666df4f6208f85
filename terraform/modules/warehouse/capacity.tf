# Slots of one's own, where payment by bytes read costs more.
locals {
  reserved = var.reservation == null ? {} : { sluice = var.reservation }
}

resource "google_bigquery_reservation" "this" {
  for_each = local.reserved

  project           = var.project
  location          = var.location
  name              = each.key
  edition           = each.value.edition
  slot_capacity     = each.value.baseline_slots
  ignore_idle_slots = false

  dynamic "autoscale" {
    for_each = each.value.max_slots > each.value.baseline_slots ? [each.value.max_slots - each.value.baseline_slots] : []
    content {
      max_slots = autoscale.value
    }
  }
}

resource "google_bigquery_reservation_assignment" "queries" {
  for_each = google_bigquery_reservation.this

  project     = var.project
  location    = var.location
  reservation = each.value.id
  assignee    = "projects/${var.project}"
  job_type    = "QUERY"
}
