variables {
  folder = "../../tests/contracts"
}

run "tables" {
  command = plan

  assert {
    condition     = keys(output.cdc_tables) == ["shop_customers", "shop_orders", "shop_products"] && keys(output.events) == ["shop_clicks"]
    error_message = "`capture` parts tables from events."
  }
  assert {
    condition     = output.tables["shop_orders"].primary_key == ["customer_id", "order_id"]
    error_message = "primaryKeyPosition orders the key."
  }
  assert {
    condition     = output.tables["shop_orders"].physical_name == "Orders" && output.tables["shop_orders"].schema == "sales"
    error_message = "A table keeps its name in the source."
  }
  assert {
    condition     = output.tables["shop_orders"].history == "latest" && output.tables["shop_clicks"].history == "append"
    error_message = "A history that is not written is the capture's own."
  }
  assert {
    condition     = output.classifications == toset(["payment", "pii"])
    error_message = "Classifications are read from the columns."
  }
}

run "the_repository_s_own_contracts" {
  command = plan
  variables {
    folder = "../../../contracts"
  }
  assert {
    condition     = length(output.tables) > 0 && alltrue([for table in output.tables : length(table.bronze_columns) > length(table.columns)])
    error_message = "Bronze has metadata columns beside the contract's."
  }
}
