# One VPC, one subnetwork. No machine in it has a public address: Google's APIs are reached by private Google access,
# the rest of the world through NAT.
resource "google_compute_network" "this" {
  project                 = var.project
  name                    = var.name
  description             = "Sluice's workers and databases."
  auto_create_subnetworks = false
  routing_mode            = "REGIONAL"
}

resource "google_compute_subnetwork" "this" {
  project                    = var.project
  name                       = "${var.name}-${var.region}"
  region                     = var.region
  network                    = google_compute_network.this.id
  ip_cidr_range              = var.subnetwork_range
  private_ip_google_access   = true
  private_ipv6_google_access = "DISABLE_GOOGLE_ACCESS"

  dynamic "log_config" {
    for_each = var.flow_log_sampling > 0 ? [1] : []
    content {
      aggregation_interval = "INTERVAL_10_MIN"
      flow_sampling        = var.flow_log_sampling
      metadata             = "INCLUDE_ALL_METADATA"
    }
  }
}

# Managed services that live in a network of Google's (Cloud SQL) are peered with ours and get addresses from this range.
resource "google_compute_global_address" "services" {
  count = var.enable_private_services ? 1 : 0

  project       = var.project
  name          = "${var.name}-services"
  purpose       = "VPC_PEERING"
  address_type  = "INTERNAL"
  address       = split("/", var.private_services_range)[0]
  prefix_length = tonumber(split("/", var.private_services_range)[1])
  network       = google_compute_network.this.id
}

resource "google_service_networking_connection" "services" {
  count = var.enable_private_services ? 1 : 0

  network                 = google_compute_network.this.id
  service                 = "servicenetworking.googleapis.com"
  reserved_peering_ranges = [google_compute_global_address.services[0].name]
}
