/*
 * A Vulkan layer that keeps freed device memory for the next allocation of its size and type. See README.md.
 * Follows the loader's layer interface, version 2 (Vulkan-Loader, LoaderLayerInterface.md).
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vulkan/vk_layer.h>
#include <vulkan/vulkan.h>

typedef struct Block {
  VkDeviceMemory memory;
  VkDeviceSize size;
  uint32_t type;
  /* Where it is mapped; stays so when freed. */
  void *mapped;
  struct Block *next;
} Block;

enum { buckets = 1 << 16 };
static Block *used[buckets], *freed[buckets];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned long asked, made;
static double bytes;

static VkInstance instance;
static PFN_vkGetInstanceProcAddr next_instance;
static PFN_vkGetDeviceProcAddr next_device;
static PFN_vkAllocateMemory next_allocate;
static PFN_vkFreeMemory next_free;
static PFN_vkMapMemory next_map;
static PFN_vkUnmapMemory next_unmap;

static unsigned bucket(uint64_t key) {
  key ^= key >> 29;
  key *= 0x9E3779B97F4A7C15ull;
  return (key >> 40) & (buckets - 1);
}

static unsigned bucket_of(VkDeviceSize size, uint32_t type) { return bucket(size * VK_MAX_MEMORY_TYPES + type); }

/* Sizes are rounded up by at most a sixteenth, so that they repeat. */
static VkDeviceSize rounded(VkDeviceSize size) {
  VkDeviceSize step = 1 << 16;
  while (step * 16 < size) step *= 2;
  return (size + step - 1) / step * step;
}

static Block **find(VkDeviceMemory memory) {
  Block **at = &used[bucket((uint64_t)memory)];
  while (*at && (*at)->memory != memory) at = &(*at)->next;
  return at;
}

static VKAPI_ATTR VkResult VKAPI_CALL allocate(VkDevice device, const VkMemoryAllocateInfo *info,
                                               const VkAllocationCallbacks *callbacks, VkDeviceMemory *memory) {
  /* What is allocated for one image or buffer alone, or to be shared, is not ours to hand out again. */
  if (info->pNext) return next_allocate(device, info, callbacks, memory);
  VkMemoryAllocateInfo wanted = *info;
  wanted.allocationSize = rounded(info->allocationSize);
  pthread_mutex_lock(&lock);
  if (++asked % 5000 == 0 && getenv("SPANWISE_VULKAN_POOL_SAY"))
    fprintf(stderr, "vulkan pool: %lu allocations, %lu by the driver, %.1f GB\n", asked, made, bytes / 1e9);
  Block **at = &freed[bucket_of(wanted.allocationSize, wanted.memoryTypeIndex)];
  while (*at && ((*at)->size != wanted.allocationSize || (*at)->type != wanted.memoryTypeIndex)) at = &(*at)->next;
  Block *block = *at;
  VkResult result = VK_SUCCESS;
  if (block) {
    *at = block->next;
  } else if ((result = next_allocate(device, &wanted, NULL, memory)) == VK_SUCCESS) {
    made++;
    bytes += wanted.allocationSize;
    block = calloc(1, sizeof *block);
    block->memory = *memory;
    block->size = wanted.allocationSize;
    block->type = wanted.memoryTypeIndex;
  }
  if (block) {
    *memory = block->memory;
    unsigned place = bucket((uint64_t)block->memory);
    block->next = used[place];
    used[place] = block;
  }
  pthread_mutex_unlock(&lock);
  return result;
}

static VKAPI_ATTR void VKAPI_CALL release(VkDevice device, VkDeviceMemory memory,
                                          const VkAllocationCallbacks *callbacks) {
  pthread_mutex_lock(&lock);
  Block **at = find(memory), *block = *at;
  if (block) {
    *at = block->next;
    unsigned place = bucket_of(block->size, block->type);
    block->next = freed[place];
    freed[place] = block;
  }
  pthread_mutex_unlock(&lock);
  if (!block) next_free(device, memory, callbacks);
}

static VKAPI_ATTR VkResult VKAPI_CALL map(VkDevice device, VkDeviceMemory memory, VkDeviceSize offset,
                                          VkDeviceSize size, VkMemoryMapFlags flags, void **data) {
  pthread_mutex_lock(&lock);
  Block *block = *find(memory);
  VkResult result = VK_SUCCESS;
  if (block && !block->mapped) {
    result = next_map(device, memory, 0, VK_WHOLE_SIZE, flags, &block->mapped);
    if (result != VK_SUCCESS) block->mapped = NULL;
  }
  if (block && block->mapped) *data = (char *)block->mapped + offset;
  pthread_mutex_unlock(&lock);
  return block ? result : next_map(device, memory, offset, size, flags, data);
}

static VKAPI_ATTR void VKAPI_CALL unmap(VkDevice device, VkDeviceMemory memory) {
  pthread_mutex_lock(&lock);
  Block *block = *find(memory);
  pthread_mutex_unlock(&lock);
  if (!block) next_unmap(device, memory);
}

static VKAPI_ATTR VkResult VKAPI_CALL create_instance(const VkInstanceCreateInfo *info,
                                                      const VkAllocationCallbacks *callbacks, VkInstance *made_here) {
  VkLayerInstanceCreateInfo *link = (VkLayerInstanceCreateInfo *)info->pNext;
  while (link && !(link->sType == VK_STRUCTURE_TYPE_LOADER_INSTANCE_CREATE_INFO && link->function == VK_LAYER_LINK_INFO))
    link = (VkLayerInstanceCreateInfo *)link->pNext;
  if (!link) return VK_ERROR_INITIALIZATION_FAILED;
  next_instance = link->u.pLayerInfo->pfnNextGetInstanceProcAddr;
  link->u.pLayerInfo = link->u.pLayerInfo->pNext;
  PFN_vkCreateInstance create = (PFN_vkCreateInstance)next_instance(NULL, "vkCreateInstance");
  VkResult result = create(info, callbacks, made_here);
  instance = *made_here;
  return result;
}

static VKAPI_ATTR VkResult VKAPI_CALL create_device(VkPhysicalDevice physical, const VkDeviceCreateInfo *info,
                                                    const VkAllocationCallbacks *callbacks, VkDevice *device) {
  VkLayerDeviceCreateInfo *link = (VkLayerDeviceCreateInfo *)info->pNext;
  while (link && !(link->sType == VK_STRUCTURE_TYPE_LOADER_DEVICE_CREATE_INFO && link->function == VK_LAYER_LINK_INFO))
    link = (VkLayerDeviceCreateInfo *)link->pNext;
  if (!link) return VK_ERROR_INITIALIZATION_FAILED;
  PFN_vkGetInstanceProcAddr get = link->u.pLayerInfo->pfnNextGetInstanceProcAddr;
  next_device = link->u.pLayerInfo->pfnNextGetDeviceProcAddr;
  link->u.pLayerInfo = link->u.pLayerInfo->pNext;
  PFN_vkCreateDevice create = (PFN_vkCreateDevice)get(instance, "vkCreateDevice");
  VkResult result = create(physical, info, callbacks, device);
  if (result != VK_SUCCESS) return result;
  next_allocate = (PFN_vkAllocateMemory)next_device(*device, "vkAllocateMemory");
  next_free = (PFN_vkFreeMemory)next_device(*device, "vkFreeMemory");
  next_map = (PFN_vkMapMemory)next_device(*device, "vkMapMemory");
  next_unmap = (PFN_vkUnmapMemory)next_device(*device, "vkUnmapMemory");
  return result;
}

static PFN_vkVoidFunction of_device(VkDevice device, const char *name);
static PFN_vkVoidFunction of_instance(VkInstance from, const char *name);

static PFN_vkVoidFunction own(const char *name) {
  static const struct {
    const char *name;
    PFN_vkVoidFunction function;
  } functions[] = {
      {"vkAllocateMemory", (PFN_vkVoidFunction)allocate},
      {"vkFreeMemory", (PFN_vkVoidFunction)release},
      {"vkMapMemory", (PFN_vkVoidFunction)map},
      {"vkUnmapMemory", (PFN_vkVoidFunction)unmap},
      {"vkCreateInstance", (PFN_vkVoidFunction)create_instance},
      {"vkCreateDevice", (PFN_vkVoidFunction)create_device},
      {"vkGetDeviceProcAddr", (PFN_vkVoidFunction)of_device},
      {"vkGetInstanceProcAddr", (PFN_vkVoidFunction)of_instance},
  };
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
    if (strcmp(name, functions[i].name) == 0) return functions[i].function;
  return NULL;
}

static PFN_vkVoidFunction of_device(VkDevice device, const char *name) {
  PFN_vkVoidFunction function = own(name);
  return function ? function : next_device(device, name);
}

static PFN_vkVoidFunction of_instance(VkInstance from, const char *name) {
  PFN_vkVoidFunction function = own(name);
  return function ? function : next_instance ? next_instance(from, name) : NULL;
}

__attribute__((visibility("default"))) VKAPI_ATTR VkResult VKAPI_CALL
vkNegotiateLoaderLayerInterfaceVersion(VkNegotiateLayerInterface *negotiated) {
  negotiated->loaderLayerInterfaceVersion = 2;
  negotiated->pfnGetInstanceProcAddr = of_instance;
  negotiated->pfnGetDeviceProcAddr = of_device;
  negotiated->pfnGetPhysicalDeviceProcAddr = NULL;
  return VK_SUCCESS;
}
