"""The lab's own tests, a module for each part of it: every function test_… is one."""
