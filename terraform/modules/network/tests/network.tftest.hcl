mock_provider "google" {}

variables {
  project        = "sluice-test"
  project_number = "123456789012"
  region         = "europe-west1"
}

run "defaults_are_private" {
  command = plan

  assert {
    condition     = google_compute_subnetwork.this.private_ip_google_access && !google_compute_network.this.auto_create_subnetworks
    error_message = "The subnetwork must reach Google privately, and be the only one."
  }
  assert {
    condition     = google_compute_subnetwork.this.log_config[0].flow_sampling == 0.1
    error_message = "Flows are logged."
  }
  assert {
    condition     = google_compute_router_nat.this[0].nat_ip_allocate_option == "MANUAL_ONLY" && length(google_compute_address.nat) == 1
    error_message = "NAT has one fixed address."
  }
  assert {
    condition     = google_dns_record_set.google_apis["*.googleapis.com."].rrdatas[0] == "private.googleapis.com."
    error_message = "All of Google's names lead to the private addresses."
  }
  assert {
    condition     = google_dns_record_set.google_apis["pkg.dev."].rrdatas[0] == "199.36.153.8" && length(google_dns_managed_zone.google_apis) == 2
    error_message = "Images come the same way."
  }
  assert {
    condition     = google_compute_global_address.services[0].prefix_length == 20 && google_compute_global_address.services[0].address == "10.21.0.0"
    error_message = "The peering's range is the variable's."
  }
  assert {
    condition     = length(google_access_context_manager_service_perimeter.dry_run) == 0
    error_message = "Without an access policy there is no perimeter."
  }
}

run "a_small_network_leaves_out_what_it_can" {
  command = plan
  variables {
    enable_nat              = false
    enable_private_services = false
    google_apis_access      = "default"
    flow_log_sampling       = 0
  }

  assert {
    condition     = length(google_compute_router.this) + length(google_compute_router_nat.this) + length(google_compute_address.nat) == 0
    error_message = "No NAT."
  }
  assert {
    condition     = length(google_service_networking_connection.services) + length(google_dns_managed_zone.google_apis) + length(google_dns_record_set.google_apis) == 0
    error_message = "No peering and no zone."
  }
  assert {
    condition     = length(google_compute_subnetwork.this.log_config) == 0
    error_message = "No flow logs."
  }
}

run "the_perimeter_only_watches" {
  command = plan
  variables {
    access_policy      = "987654"
    google_apis_access = "restricted"
  }

  assert {
    condition     = google_access_context_manager_service_perimeter.dry_run[0].use_explicit_dry_run_spec && length(google_access_context_manager_service_perimeter.dry_run[0].status) == 0
    error_message = "It must be in dry run: no enforced status."
  }
  assert {
    condition     = google_access_context_manager_service_perimeter.dry_run[0].spec[0].resources == toset(["projects/123456789012"])
    error_message = "It holds the project, by number."
  }
}

run "refuses_wrong_input" {
  command = plan
  variables {
    name                   = "Sluice_Net"
    private_services_range = "10.21.0.0/30"
    flow_log_sampling      = 2
    google_apis_access     = "open"
    nat_address_count      = -1
    access_policy          = "accessPolicies/1"
    restricted_services    = ["bigquery"]
  }
  expect_failures = [
    var.name, var.private_services_range, var.flow_log_sampling,
    var.google_apis_access, var.nat_address_count, var.access_policy, var.restricted_services,
  ]
}

# A range that is compared with another one is looked at only where that one is a range.
run "refuses_what_is_no_range" {
  command = plan
  variables {
    subnetwork_range = "10.0.0.0"
  }
  expect_failures = [var.subnetwork_range]
}

run "refuses_ranges_that_overlap" {
  command = plan
  variables {
    subnetwork_range       = "10.21.8.0/22"
    private_services_range = "10.21.0.0/20"
  }
  expect_failures = [var.private_services_range]
}
