# The way out for what is not Google's: REST sources, databases elsewhere.
resource "google_compute_router" "this" {
  count = var.enable_nat ? 1 : 0

  project = var.project
  name    = var.name
  region  = var.region
  network = google_compute_network.this.id
}

# Addresses of our own, so that a source's firewall can let exactly them in.
resource "google_compute_address" "nat" {
  count = var.enable_nat ? var.nat_address_count : 0

  project      = var.project
  name         = "${var.name}-nat-${count.index}"
  region       = var.region
  address_type = "EXTERNAL"

  lifecycle {
    create_before_destroy = true # and so destroyed after NAT has let go of it
  }
}

resource "google_compute_router_nat" "this" {
  count = var.enable_nat ? 1 : 0

  project                             = var.project
  name                                = var.name
  region                              = var.region
  router                              = google_compute_router.this[0].name
  nat_ip_allocate_option              = var.nat_address_count > 0 ? "MANUAL_ONLY" : "AUTO_ONLY"
  nat_ips                             = var.nat_address_count > 0 ? google_compute_address.nat[*].self_link : null
  source_subnetwork_ip_ranges_to_nat  = "LIST_OF_SUBNETWORKS"
  enable_endpoint_independent_mapping = false

  subnetwork {
    name                    = google_compute_subnetwork.this.id
    source_ip_ranges_to_nat = ["ALL_IP_RANGES"]
  }

  log_config {
    enable = true
    filter = "ERRORS_ONLY"
  }
}

# Names of Google's APIs resolve to addresses that only private access reaches (and, restricted, only services that a
# perimeter can guard), so a stolen credential cannot carry data to a project elsewhere through a public address.
# Images come from names of their own (pkg.dev).
resource "google_dns_managed_zone" "google_apis" {
  for_each = var.google_apis_access == "default" ? {} : { "googleapis.com." = "google-apis", "pkg.dev." = "images" }

  project     = var.project
  name        = "${var.name}-${each.value}"
  dns_name    = each.key
  description = "Google's APIs by ${var.google_apis_access} access."
  visibility  = "private"

  private_visibility_config {
    networks {
      network_url = google_compute_network.this.id
    }
  }
}

resource "google_dns_record_set" "google_apis" {
  for_each = var.google_apis_access == "default" ? {} : {
    "${var.google_apis_access}.googleapis.com." = { zone = "googleapis.com.", type = "A", rrdatas = local.google_apis_addresses[var.google_apis_access] }
    "*.googleapis.com."                         = { zone = "googleapis.com.", type = "CNAME", rrdatas = ["${var.google_apis_access}.googleapis.com."] }
    "pkg.dev."                                  = { zone = "pkg.dev.", type = "A", rrdatas = local.google_apis_addresses[var.google_apis_access] }
    "*.pkg.dev."                                = { zone = "pkg.dev.", type = "CNAME", rrdatas = ["pkg.dev."] }
  }

  project      = var.project
  managed_zone = google_dns_managed_zone.google_apis[each.value.zone].name
  name         = each.key
  type         = each.value.type
  ttl          = 300
  rrdatas      = each.value.rrdatas
}

locals {
  # https://cloud.google.com/vpc/docs/configure-private-google-access#domain-options
  google_apis_addresses = {
    private    = ["199.36.153.8", "199.36.153.9", "199.36.153.10", "199.36.153.11"]
    restricted = ["199.36.153.4", "199.36.153.5", "199.36.153.6", "199.36.153.7"]
  }
}

moved {
  from = google_dns_managed_zone.google_apis[0]
  to   = google_dns_managed_zone.google_apis["googleapis.com."]
}
