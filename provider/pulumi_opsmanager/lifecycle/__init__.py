"""What happens on check, plan, create, read, update, delete and import? The rules; they know no engine.

Rules take models and return models. A plan is pure. An update makes a plan with fresh facts and carries out its steps.
An engine starts at `kinds`. All rules use these names of arguments, in this order:

    context   server, clock, memory of the run and reporter
    stored    the resource as the last run stored it; None for a new resource
    declared  the checked inputs of the program; in a plan some may be unknown
    inputs    the checked inputs, all known, with the project
    facts     what the disk, the server or the run showed
    plan      the plan to carry out
    now       the present time, aware UTC
"""
