package postgres

import (
	"path/filepath"
	"syscall"
)

// StopCommand is how a process that outlives us can stop the cluster: pg_ctl
// and the data folder, and as whom pg_ctl must run (nil: as ourselves).
type StopCommand struct {
	Args       []string
	Credential *syscall.Credential
}

// StopCommand returns it.
func (c *Cluster) StopCommand() (StopCommand, error) {
	p, err := c.place()
	if err != nil {
		return StopCommand{}, err
	}
	return StopCommand{Args: []string{filepath.Join(p.bin, "pg_ctl"), p.data}, Credential: p.runAs}, nil
}
