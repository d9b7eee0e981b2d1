"""What happens on check, plan, create, read, update, delete and import? The rules, free of any engine.

Models go in and out. A plan is pure; an update makes a plan with fresh facts and carries out its steps. An engine
starts at `kinds`. The rules name their arguments alike, and take them in this order:

    context   what an operation works with
    stored    the resource as the last run has stored it; None for a new one
    declared  what the program declares, checked; in a plan some of it may be unknown
    inputs    the same when all of it is known, the project included
    facts     what disk, server or run have shown
    plan      what a plan has decided
    now       the present time, aware UTC
"""
