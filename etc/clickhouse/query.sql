-- SPDX-License-Identifier: GPL-2.0-or-later
-- The tables over all shards of a cluster, on the nodes that are asked: apply.sh puts the cluster's
-- name in place of @CLUSTER@.

CREATE TABLE IF NOT EXISTS teiten.cell_all AS teiten.cell
	ENGINE = Distributed(@CLUSTER@, teiten, cell);

CREATE TABLE IF NOT EXISTS teiten.port_all AS teiten.port
	ENGINE = Distributed(@CLUSTER@, teiten, port);

CREATE TABLE IF NOT EXISTS teiten.sport53_all AS teiten.sport53
	ENGINE = Distributed(@CLUSTER@, teiten, sport53);

CREATE TABLE IF NOT EXISTS teiten.prefix_all AS teiten.prefix
	ENGINE = Distributed(@CLUSTER@, teiten, prefix);

CREATE TABLE IF NOT EXISTS teiten.ledger_all AS teiten.ledger
	ENGINE = Distributed(@CLUSTER@, teiten, ledger);

CREATE TABLE IF NOT EXISTS teiten.coverage_all AS teiten.coverage
	ENGINE = Distributed(@CLUSTER@, teiten, coverage);

CREATE TABLE IF NOT EXISTS teiten.event_all AS teiten.event
	ENGINE = Distributed(@CLUSTER@, teiten, event);

CREATE TABLE IF NOT EXISTS teiten.about_all AS teiten.about
	ENGINE = Distributed(@CLUSTER@, teiten, about);

CREATE TABLE IF NOT EXISTS teiten.here_all AS teiten.here
	ENGINE = Distributed(@CLUSTER@, teiten, here);
