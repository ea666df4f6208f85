select if({{ var('broken', false) }}, error('broken on purpose'), 1) as one
